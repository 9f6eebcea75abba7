import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { LiveEventType } from './live-event.js';

const schema = defineEntity({
  name: 'OutboxEvent',
  tableName: 'outbox_events',
  properties: {
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .primary()
        .fieldName('municipality_id')
        .deleteRule('cascade')
        .updateRule('no action'),
    /** Gapless per municipality, in commit order. */
    position: p.bigint('number').unsigned(false).primary(),
    type: p.string().length(16).$type<LiveEventType>(),
    /** JSON text. */
    payload: p.text(),
    requestId: p.string().length(128).nullable(),
    occurredAt: p.datetime(3).index('outbox_events_occurred_at_index'),
  },
});

/** An event of a municipality's live log, written in the transaction of what it tells. */
export class OutboxEvent extends schema.class {}
schema.setClass(OutboxEvent);
notAudited(OutboxEvent, 'Tells of other changes, for a day.');
