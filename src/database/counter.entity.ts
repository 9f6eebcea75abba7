import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from './audited.js';

const schema = defineEntity({
  name: 'Counter',
  tableName: 'counters',
  properties: {
    name: p.string().length(64).primary(),
    value: p.bigint('number'),
  },
});

/** A named, transactionally incremented number, e.g. the version of the device and rule registry. */
export class Counter extends schema.class {}
schema.setClass(Counter);
notAudited(Counter, 'Counts changes that are audited themselves.');
