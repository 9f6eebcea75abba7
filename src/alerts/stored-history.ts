import type { Transaction } from '../database/transaction.js';
import { QUALITY_NUMBER } from '../readings/quality.js';
import type { JudgedReading } from '../readings/reading-judge.js';
import type { BookedAlert, History } from './late-readings.js';

const USABLE = `quality not in (${QUALITY_NUMBER.bad}, ${QUALITY_NUMBER.missing})`;

/** The rule and the sensor whose history is meant. */
export interface RuleOnSensor {
  readonly ruleId: string;
  readonly sensorId: string;
  readonly seriesId: number;
}

/** The history of a rule on a sensor in the database, as the transaction that holds the series' lock sees it. */
export class StoredHistory implements History {
  constructor(
    private readonly transaction: Transaction,
    private readonly pair: RuleOnSensor,
  ) {}

  readingsAfter(instant: number, limit: number): Promise<JudgedReading[]> {
    return this.readings(`instant > ? and ${USABLE} order by instant limit ${Math.trunc(limit)}`, [instant]);
  }

  readingsBefore(instant: number, from: number, limit: number): Promise<JudgedReading[]> {
    const newestFirst = `order by instant desc limit ${Math.trunc(limit)}`;
    return this.readings(`instant < ? and instant >= ? and ${USABLE} ${newestFirst}`, [instant, from]);
  }

  async alertBefore(instant: number): Promise<BookedAlert | null> {
    const [alert] = await this.alerts('opened_at < ? order by opened_at desc limit 1', instant);
    return alert ?? null;
  }

  alertsFrom(instant: number): Promise<BookedAlert[]> {
    return this.alerts('opened_at >= ? order by opened_at', instant);
  }

  private async readings(condition: string, instants: number[]): Promise<JudgedReading[]> {
    const { dialect } = this.transaction;
    const { rows } = await this.transaction.query<{ instant: string; value: number }>(
      `select instant, value from readings where series_id = ? and ${condition}`,
      [this.pair.seriesId, ...instants.map((instant) => dialect.instant(instant))],
    );
    return rows.map(({ instant, value }) => ({ instant: dialect.epochMs(instant), value }));
  }

  private async alerts(condition: string, instant: number): Promise<BookedAlert[]> {
    const { dialect } = this.transaction;
    const { rows } = await this.transaction.query<{
      id: string;
      opened_at: string;
      resolved_at: string | null;
      last_occurred_at: string;
    }>(
      `select id, opened_at, resolved_at, last_occurred_at from alerts
       where rule_id = ? and sensor_id = ? and resolved_by is null and occurrences > 0 and ${condition}`,
      [this.pair.ruleId, this.pair.sensorId, dialect.instant(instant)],
    );
    return rows.map((row) => ({
      id: row.id,
      openedAt: dialect.epochMs(row.opened_at),
      resolvedAt: row.resolved_at === null ? null : dialect.epochMs(row.resolved_at),
      lastOccurredAt: dialect.epochMs(row.last_occurred_at),
    }));
  }
}
