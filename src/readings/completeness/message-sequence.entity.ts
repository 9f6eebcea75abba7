import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';

const schema = defineEntity({
  name: 'MessageSequence',
  tableName: 'message_sequences',
  properties: {
    /** No foreign key: checking it would cost every message a lock on its device. */
    deviceId: p.string().length(64).primary(),
    /** Event time of the reading set. */
    instant: p.datetime(3).primary(),
    seq: p.bigint('number').unsigned(false).primary(),
  },
});

/** Numbers that devices give their reading sets; written with the readings, in their transaction. */
export class MessageSequence extends schema.class {}
schema.setClass(MessageSequence);
notAudited(MessageSequence, 'Devices count; nobody decides about it.');
