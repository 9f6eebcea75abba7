import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { Municipality } from '../municipalities/municipality.entity.js';

const schema = defineEntity({
  name: 'LivePosition',
  tableName: 'live_positions',
  properties: {
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .primary()
        .fieldName('municipality_id')
        .deleteRule('cascade')
        .updateRule('no action'),
    position: p.bigint('number').defaultRaw('0'),
  },
});

/** The last position of a municipality's live log; locked as the last thing before commit. */
export class LivePosition extends schema.class {}
schema.setClass(LivePosition);
notAudited(LivePosition, 'Counts the live events, which follow from other changes.');
