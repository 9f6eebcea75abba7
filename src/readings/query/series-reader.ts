import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';
import { QUALITY_NUMBER, type Quality } from '../quality.js';
import { sharedWithCaller, type SqlCondition as Condition } from '../../devices/sharing/shared-sensors.js';
import { tenantCondition } from '../../database/tenant-condition.js';
import type { TimeRange } from './time-range.js';

/** A sensor's series, as somebody who may see it looks it up. */
export interface Series {
  readonly seriesId: number;
  /** IANA time zone of the municipality. */
  readonly timeZone: string;
}

/** One stored reading. */
export interface SeriesReading {
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly value: number;
  readonly quality: number;
  readonly risk: number;
}

/** What the readings of a stretch of time come to. */
export interface Aggregate {
  /** Beginning of the stretch, epoch milliseconds. */
  readonly start: number;
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly sum: number;
  readonly count: number;
}

/** Order of time. */
export type Order = 'asc' | 'desc';

/** Which readings of a series are meant. */
export interface Selection {
  readonly series: Series;
  readonly range: TimeRange;
  /** All when absent. */
  readonly qualities?: readonly Quality[];
}

interface Row {
  bucket: string | number;
  lowest: number;
  highest: number;
  total: number;
  number: number | string;
}

const AGGREGATES = `min(value) as lowest, max(value) as highest, sum(value) as total, count(*) as number`;

/** The statements that read a series back. Each of them states the tenant, and uses the primary key (series, instant). */
@Injectable()
export class SeriesReader {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** The series of a sensor; null when there is no such sensor in the caller's municipalities. */
  async find(sensorId: string): Promise<Series | null> {
    const tenant = this.readable();
    const { rows } = await this.transactions.query<{ series_id: number; time_zone: string }>(
      `select s.series_id, m.time_zone from sensors s join municipalities m on m.id = s.municipality_id
       where s.id = ? and ${tenant.sql}`,
      [sensorId, ...tenant.params],
    );
    const row = rows[0];
    return row ? { seriesId: row.series_id, timeZone: row.time_zone } : null;
  }

  /** Readings in order of time, at most `limit`. */
  async readings(selection: Selection, order: Order, limit: number): Promise<SeriesReading[]> {
    const where = this.condition(selection);
    const visible = this.visible(selection.series);
    const { rows } = await this.transactions.query<Omit<SeriesReading, 'instant'> & { instant: string }>(
      `select instant, value, quality, risk from readings where ${where.sql} and ${visible.sql}
       order by instant ${order} limit ${Math.trunc(limit)}`,
      [...where.params, ...visible.params],
    );
    return rows.map((row) => ({ ...row, instant: this.dialect.epochMs(row.instant) }));
  }

  /**
   * Aggregates of buckets of equal length, in order of time; empty ones are left out.
   * @param origin where some bucket begins, not later than the range (epoch ms)
   */
  async aggregateEvenly(selection: Selection, bucketMs: number, origin: number, order: Order): Promise<Aggregate[]> {
    const where = this.condition(selection);
    const visible = this.visible(selection.series);
    const { rows } = await this.transactions.query<Row & { bucket: string }>(
      `select ${this.dialect.bucketStart('instant', bucketMs / 1000, origin)} as bucket, ${AGGREGATES} from readings
       where ${where.sql} and ${visible.sql} group by bucket order by bucket ${order}`,
      [...where.params, ...visible.params],
    );
    return rows.map((row) => aggregateOf(row, this.dialect.epochMs(row.bucket)));
  }

  /**
   * Aggregates of stretches between bounds, in order of time; empty ones are left out. Each stretch is a range of the
   * primary key of its own: a join with the bounds would make MySQL read the whole series once per stretch.
   * @param bounds ascending epoch milliseconds; each stretch reaches from one to the next
   */
  async aggregateBetween(selection: Selection, bounds: readonly number[], order: Order): Promise<Aggregate[]> {
    const stretches = bounds.slice(1).map((to, i) => this.condition({ ...selection, range: { from: bounds[i]!, to } }));
    const parts = stretches.map(({ sql }, i) => `select ${i} as bucket, ${AGGREGATES} from readings where ${sql}`);
    const visible = this.visible(selection.series);
    const { rows } = await this.transactions.query<Row>(
      `select * from (${parts.join(' union all ')}) as stretches where number > 0 and ${visible.sql}
       order by bucket ${order}`,
      [...stretches.flatMap(({ params }) => params), ...visible.params],
    );
    return rows.map((row) => aggregateOf(row, bounds[Number(row.bucket)]!));
  }

  private condition({ series, range, qualities }: Selection): Condition {
    const times = [this.dialect.instant(range.from), this.dialect.instant(range.to)];
    const sql = 'series_id = ? and instant >= ? and instant < ?';
    if (!qualities) return { sql, params: [series.seriesId, ...times] };
    const numbers = qualities.map((quality) => QUALITY_NUMBER[quality]);
    return {
      sql: `${sql} and quality in ${placeholders(numbers.length)}`,
      params: [series.seriesId, ...times, ...numbers],
    };
  }

  /** Sensors of the caller's municipalities, and those of others that it may read now. */
  private readable(): Condition {
    const own = tenantCondition('s.municipality_id');
    const shared = sharedWithCaller('s.id', this.dialect, this.clock.nowMs());
    return { sql: `(${own.sql} or ${shared.sql})`, params: [...own.params, ...shared.params] };
  }

  /** Readings do not know their tenant; their sensor does. */
  private visible({ seriesId }: Series): Condition {
    const tenant = this.readable();
    return {
      sql: `exists (select 1 from sensors s where s.series_id = ? and ${tenant.sql})`,
      params: [seriesId, ...tenant.params],
    };
  }
}

/** The average is taken here: the databases round its last digit differently. */
function aggregateOf({ lowest, highest, total, number }: Row, start: number): Aggregate {
  const count = Number(number);
  return { start, min: lowest, max: highest, avg: total / count, sum: total, count };
}
