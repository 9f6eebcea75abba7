import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'Reading',
  tableName: 'readings',
  properties: {
    seriesId: p.integer().unsigned(false).primary(),
    /** Event time, milliseconds. */
    instant: p.datetime(3).primary(),
    value: p.double().$type<number>(),
    /** See quality.ts. */
    quality: p.smallint(),
    /** Number of the risk level at the time of storing, see risk-thresholds.ts. */
    risk: p.smallint(),
  },
});

/** One value of one series; partitioned by month on PostgreSQL (see the migrations, not the entity). */
export class Reading extends schema.class {}
schema.setClass(Reading);
notAudited(Reading, 'Devices write readings; they are a record of their own.');
