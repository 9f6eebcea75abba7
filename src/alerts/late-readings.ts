import type { JudgedReading } from '../readings/reading-judge.js';
import type { Evaluator, RuleProgress } from '../rules/evaluator.js';
import type { Outcome } from './episode.js';
import { TimelineRevision, type KnownAlert } from './timeline-revision.js';

/** A rule on a series into whose past new readings came. */
export interface LateCase {
  readonly evaluator: Evaluator;
  /** Epoch ms; nothing up to here is judged again. */
  readonly floor: number | null;
  /** The new readings, oldest first, all above the floor. */
  readonly readings: readonly JudgedReading[];
}

/** An alert of the rule on the series, as the books have it; instants in epoch ms. */
export interface BookedAlert extends KnownAlert {
  readonly resolvedAt: number | null;
  readonly lastOccurredAt: number;
}

/**
 * What is stored of one rule on one series: usable readings, the new ones included, and alerts, without those that a
 * person closed (the floor lies above them) and those that were superseded. All instants are epoch milliseconds.
 */
export interface History {
  /** Readings later than `instant`, oldest first. */
  readingsAfter(instant: number, limit: number): Promise<JudgedReading[]>;
  /** Readings in `[from, instant)`, newest first. */
  readingsBefore(instant: number, from: number, limit: number): Promise<JudgedReading[]>;
  /** The newest alert opened before `instant`. */
  alertBefore(instant: number): Promise<BookedAlert | null>;
  /** Alerts opened at `instant` or later, oldest first. */
  alertsFrom(instant: number): Promise<BookedAlert[]>;
}

/** What came of a late case; `progress` is null when the rule stands where it stood. */
export interface LateOutcome extends Outcome {
  readonly progress: RuleProgress | null;
  /** The episode that is open now, when `progress` is given. */
  readonly openEpisode: Outcome['episodes'][number] | null;
}

/** Rows of history read at first and at most at a time: mostly a few are enough. */
const FIRST_CHUNK = 32;
const MAX_CHUNK = 1_000;

/** Judges late readings again together with the history around them, as far as it is affected. */
export async function judgeLate(history: History, late: LateCase): Promise<LateOutcome> {
  const { from, covering } = await startOf(history, late);
  const following = (await history.alertsFrom(from)).filter(({ id }) => id !== covering?.id);
  const revision = new TimelineRevision(late.evaluator, covering, following, late.readings.length);
  const toTheEnd = await pushFrom(history, late, from, revision);
  const ended = toTheEnd && !revision.converged;
  const outcome = revision.outcome(ended);
  return {
    ...outcome,
    progress: ended ? revision.progress : null,
    openEpisode: ended ? revision.open : null,
  };
}

/** Pushes what is stored from an instant on until nothing can change any more; answers whether that was all there is. */
async function pushFrom(history: History, late: LateCase, from: number, revision: TimelineRevision): Promise<boolean> {
  const isNew = new Set(late.readings.map(({ instant }) => instant));
  let after = from - 1;
  for (let chunk = FIRST_CHUNK; ; chunk = Math.min(chunk * 2, MAX_CHUNK)) {
    const rows = await history.readingsAfter(after, chunk);
    for (const { instant, value } of rows) {
      revision.push({ instant, value, isNew: isNew.has(instant) });
      if (revision.converged) return false;
      after = instant;
    }
    if (rows.length < chunk) return true;
  }
}

/**
 * Where to begin so that the state there is certain: at the last breach of an alert that is open then, or else one
 * on-delay before the last reading ahead of the late ones (a breach that lasted longer would have opened an alert).
 */
async function startOf(history: History, late: LateCase): Promise<{ from: number; covering: BookedAlert | null }> {
  const first = late.readings[0]!.instant;
  const lowest = late.floor === null ? 0 : late.floor + 1;
  const [previous] = await history.readingsBefore(first, lowest, 1);
  const start = Math.max(lowest, Math.min(first, (previous?.instant ?? first) - late.evaluator.onDelayMs));
  const before = await history.alertBefore(first);
  if (before === null || (before.resolvedAt !== null && before.resolvedAt < start)) {
    return { from: start, covering: null };
  }
  const isOver = before.resolvedAt !== null && before.resolvedAt < first;
  const lastBreach = isOver ? before.lastOccurredAt : await lastBreachOf(before, history, late, lowest);
  return { from: Math.max(lowest, lastBreach), covering: before };
}

/** The last reading in breach ahead of the late ones; the opening one, when the rest is closed to the rule. */
async function lastBreachOf(alert: BookedAlert, history: History, late: LateCase, lowest: number): Promise<number> {
  const from = Math.max(lowest, alert.openedAt);
  let before = late.readings[0]!.instant;
  for (let chunk = FIRST_CHUNK; ; chunk = Math.min(chunk * 2, MAX_CHUNK)) {
    const rows = await history.readingsBefore(before, from, chunk);
    const breach = rows.find(({ value }) => late.evaluator.standing(value) === 'breach');
    if (breach) return breach.instant;
    if (rows.length < chunk) return alert.openedAt;
    before = rows.at(-1)!.instant;
  }
}
