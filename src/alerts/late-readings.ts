import type { Transaction } from '../database/transaction.js';
import { QUALITY_NUMBER } from '../readings/quality.js';
import type { JudgedReading } from '../readings/reading-judge.js';
import type { Evaluator, RuleProgress } from '../rules/evaluator.js';
import type { Outcome } from './episode.js';
import { TimelineRevision, type KnownAlert } from './timeline-revision.js';

/** Rows of history read at a time. */
const CHUNK = 1_000;

const USABLE = `quality not in (${QUALITY_NUMBER.bad}, ${QUALITY_NUMBER.missing})`;

/** A rule on a series into whose past new readings came. */
export interface LateCase {
  readonly ruleId: string;
  readonly sensorId: string;
  readonly seriesId: number;
  readonly evaluator: Evaluator;
  /** Epoch ms; nothing up to here is judged again. */
  readonly floor: number | null;
  /** The new readings, oldest first, all above the floor. */
  readonly readings: readonly JudgedReading[];
}

/** What came of a late case; `progress` is null when the rule stands where it stood. */
export interface LateOutcome extends Outcome {
  readonly progress: RuleProgress | null;
  /** The episode that is open now, when `progress` is given. */
  readonly openEpisode: Outcome['episodes'][number] | null;
}

interface BookedAlert extends KnownAlert {
  readonly resolvedAt: number | null;
  readonly lastOccurredAt: number;
}

/** Judges late readings again together with the history around them, as far as it is affected. */
export async function judgeLate(transaction: Transaction, late: LateCase): Promise<LateOutcome> {
  const history = new History(transaction, late);
  const first = late.readings[0]!.instant;
  const { from, covering } = await startOf(history, late, first);
  const following = (await history.alertsFrom(from)).filter(({ id }) => id !== covering?.id);
  const revision = new TimelineRevision(late.evaluator, covering, following, late.readings.length);
  const isNew = new Set(late.readings.map(({ instant }) => instant));
  let after = from - 1;
  let toTheEnd = false;
  while (!toTheEnd && !revision.converged) {
    const rows = await history.readingsAfter(after, CHUNK);
    toTheEnd = rows.length < CHUNK;
    for (const { instant, value } of rows) {
      revision.push({ instant, value, isNew: isNew.has(instant) });
      if (revision.converged) break;
      after = instant;
    }
  }
  const ended = toTheEnd && !revision.converged;
  const outcome = revision.outcome(ended);
  return {
    ...outcome,
    progress: ended ? revision.progress : null,
    openEpisode: ended ? revision.open : null,
  };
}

/**
 * Where to begin so that the state there is certain: at the last breach of an alert that is open then, or else one
 * on-delay before the last reading ahead of the late ones (a breach that lasted longer would have opened an alert).
 */
async function startOf(
  history: History,
  late: LateCase,
  first: number,
): Promise<{ from: number; covering: BookedAlert | null }> {
  const before = await history.alertBefore(first);
  const previous = await history.instantBefore(first);
  const start = Math.min(first, (previous ?? first) - late.evaluator.onDelayMs);
  if (before && (before.resolvedAt === null || before.resolvedAt >= start)) {
    const open = before.resolvedAt === null || before.resolvedAt >= first;
    const from = open ? await history.lastBreachBefore(first, before.openedAt) : before.lastOccurredAt;
    return { from: history.aboveFloor(from ?? before.openedAt), covering: before };
  }
  return { from: history.aboveFloor(start), covering: null };
}

/** The stored readings and booked alerts of one case. */
class History {
  constructor(
    private readonly transaction: Transaction,
    private readonly late: LateCase,
  ) {}

  aboveFloor(instant: number): number {
    return this.late.floor === null ? instant : Math.max(instant, this.late.floor + 1);
  }

  async readingsAfter(instant: number, limit: number): Promise<JudgedReading[]> {
    return this.readings(`instant > ? and ${USABLE} order by instant limit ${limit}`, [instant]);
  }

  async instantBefore(instant: number): Promise<number | null> {
    const [row] = await this.readings(`instant < ? and instant > ? and ${USABLE} order by instant desc limit 1`, [
      instant,
      this.late.floor ?? 0,
    ]);
    return row?.instant ?? null;
  }

  /** The last reading in breach before `instant`, not looking further back than `from`. */
  async lastBreachBefore(instant: number, from: number): Promise<number | null> {
    for (let before = instant; ;) {
      const rows = await this.readings(
        `instant < ? and instant >= ? and ${USABLE} order by instant desc limit ${CHUNK}`,
        [before, this.aboveFloor(from)],
      );
      const breach = rows.find(({ value }) => this.late.evaluator.standing(value) === 'breach');
      if (breach) return breach.instant;
      if (rows.length < CHUNK) return null;
      before = rows.at(-1)!.instant;
    }
  }

  /** The newest alert opened before `instant` that a person has not closed. */
  async alertBefore(instant: number): Promise<BookedAlert | null> {
    const [alert] = await this.alerts('opened_at < ? order by opened_at desc limit 1', [instant]);
    return alert ?? null;
  }

  async alertsFrom(instant: number): Promise<BookedAlert[]> {
    return this.alerts('opened_at >= ? order by opened_at', [instant]);
  }

  private async readings(condition: string, instants: number[]): Promise<JudgedReading[]> {
    const { dialect } = this.transaction;
    const { rows } = await this.transaction.query<{ instant: string; value: number }>(
      `select instant, value from readings where series_id = ? and ${condition}`,
      [this.late.seriesId, ...instants.map((instant) => dialect.instant(instant))],
    );
    return rows.map(({ instant, value }) => ({ instant: dialect.epochMs(instant), value }));
  }

  private async alerts(condition: string, instants: number[]): Promise<BookedAlert[]> {
    const { dialect } = this.transaction;
    const { rows } = await this.transaction.query<{
      id: string;
      opened_at: string;
      resolved_at: string | null;
      last_occurred_at: string;
    }>(
      `select id, opened_at, resolved_at, last_occurred_at from alerts
       where rule_id = ? and sensor_id = ? and resolved_by is null and ${condition}`,
      [this.late.ruleId, this.late.sensorId, ...instants.map((instant) => dialect.instant(instant))],
    );
    return rows.map((row) => ({
      id: row.id,
      openedAt: dialect.epochMs(row.opened_at),
      resolvedAt: row.resolved_at === null ? null : dialect.epochMs(row.resolved_at),
      lastOccurredAt: dialect.epochMs(row.last_occurred_at),
    }));
  }
}
