import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'LatestReading',
  tableName: 'latest_readings',
  properties: {
    seriesId: p.integer().unsigned(false).autoincrement(false).primary(),
    /** Null until the first reading: the row also serves as the lock of the series. */
    instant: p.datetime(3).nullable(),
    value: p.double().$type<number>().nullable(),
    quality: p.smallint().nullable(),
    risk: p.smallint().nullable(),
    /** The instant before the last move forward; tells the writer which of its readings came late. */
    previousInstant: p.datetime(3).nullable(),
  },
});

/** The newest reading of a series by event time, and the row that every writer of the series locks first. */
export class LatestReading extends schema.class {}
schema.setClass(LatestReading);
notAudited(LatestReading, 'Follows from the readings.');
