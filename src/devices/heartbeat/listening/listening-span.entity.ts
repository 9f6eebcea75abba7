import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../../database/audited.js';
import { idProperty } from '../../../database/base.entity.js';

/** The way by which devices are heard. */
export type Door = 'mqtt' | 'http';

const schema = defineEntity({
  name: 'ListeningSpan',
  tableName: 'listening_spans',
  indexes: [{ name: 'listening_spans_door_heard_until_index', properties: ['door', 'heardUntil'] }],
  properties: {
    ...idProperty,
    door: p.string().length(8).$type<Door>(),
    /** From here on the process heard everything that devices sent … */
    heardSince: p.datetime(3),
    /** … up to here, as far as it has said so. */
    heardUntil: p.datetime(3),
  },
});

/** A time without interruption in which one process listened to devices; silence counts only while somebody did. */
export class ListeningSpan extends schema.class {}
schema.setClass(ListeningSpan);
notAudited(ListeningSpan, 'When processes ran and were connected; nobody decides about it.');
