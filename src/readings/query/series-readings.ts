import type { Transactions } from '../../database/transaction.js';
import { placeholders } from '../../database/sql.js';
import { QUALITY_NUMBER, type Quality } from '../quality.js';
import { tenantCondition } from './tenant-condition.js';
import type { TimeRange } from './series-range.js';

/** One stored reading. */
export interface SeriesReading {
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly value: number;
  readonly quality: number;
  readonly risk: number;
}

export type Order = 'asc' | 'desc';

interface Row {
  instant: string;
  value: number;
  quality: number;
  risk: number;
}

/**
 * Condition that a reading belongs to a sensor which the caller may see. The series is a scalar, so that rows come
 * out of the primary key in order of time.
 */
export function seriesCondition(sensorId: string): { sql: string; params: unknown[] } {
  const tenant = tenantCondition('s.municipality_id');
  return {
    sql: `series_id = (select s.series_id from sensors s where s.id = ? and ${tenant.sql})`,
    params: [sensorId, ...tenant.params],
  };
}

/** Condition that a reading has one of the qualities. */
export function qualityCondition(qualities: readonly Quality[]): { sql: string; params: unknown[] } {
  return {
    sql: `quality in ${placeholders(qualities.length)}`,
    params: qualities.map((quality) => QUALITY_NUMBER[quality]),
  };
}

/** Reads stored readings of a sensor in a range, at most `limit`. */
export async function readSeries(
  transactions: Transactions,
  sensorId: string,
  { from, to }: TimeRange,
  { qualities, order, limit }: { qualities?: readonly Quality[]; order: Order; limit: number },
): Promise<SeriesReading[]> {
  if (from >= to) return [];
  const { dialect } = transactions;
  const series = seriesCondition(sensorId);
  const quality = qualities ? qualityCondition(qualities) : { sql: '1 = 1', params: [] };
  const { rows } = await transactions.query<Row>(
    `select instant, value, quality, risk from readings
     where ${series.sql} and instant >= ? and instant < ? and ${quality.sql}
     order by instant ${order} limit ${Math.trunc(limit)}`,
    [...series.params, dialect.instant(from), dialect.instant(to), ...quality.params],
  );
  return rows.map((row) => ({ ...row, instant: dialect.epochMs(row.instant) }));
}
