import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JudgedReading } from '../readings/reading-judge.js';
import { BREACH, compile, INITIAL, step, type Evaluator, type RuleProgress } from '../rules/evaluator.js';
import type { RuleCondition } from '../rules/rule-definition.js';
import type { Episode } from './episode.js';
import { foldForward } from './forward-fold.js';
import { judgeLate, type BookedAlert, type History } from './late-readings.js';

interface Entry extends BookedAlert {
  openedAt: number;
  lastOccurredAt: number;
  resolvedAt: number | null;
  occurrences: number;
  closedByHand: boolean;
}

/** One rule on one series: readings, alerts and state in memory, kept as the judge and the book keep them. */
class Series implements History {
  readings: JudgedReading[] = [];
  alerts: Entry[] = [];
  progress: RuleProgress = INITIAL;
  openAlert: string | null = null;
  floor: number | null = null;
  /** State at the floor. */
  base: RuleProgress = INITIAL;

  constructor(private evaluator: Evaluator) {}

  readingsAfter = (instant: number, limit: number) =>
    Promise.resolve(this.readings.filter((reading) => reading.instant > instant).slice(0, limit));
  readingsBefore = (instant: number, from: number, limit: number) =>
    Promise.resolve(
      this.readings
        .filter((reading) => reading.instant < instant && reading.instant >= from)
        .reverse()
        .slice(0, limit),
    );
  alertBefore = (instant: number) =>
    Promise.resolve(
      this.standing()
        .filter(({ openedAt }) => openedAt < instant)
        .at(-1) ?? null,
    );
  alertsFrom = (instant: number) => Promise.resolve(this.standing().filter(({ openedAt }) => openedAt >= instant));

  /** Stores readings that are not there yet, and judges them. */
  async take(batch: readonly JudgedReading[]): Promise<void> {
    const latest = this.readings.at(-1)?.instant ?? -Infinity;
    const known = new Set(this.readings.map(({ instant }) => instant));
    const stored = sorted(batch.filter(({ instant }) => !known.has(instant)));
    this.readings = sorted([...this.readings, ...stored]);
    const readings = stored.filter(({ instant }) => this.floor === null || instant > this.floor);
    if (readings.length === 0) return;
    if (readings[0]!.instant > latest) this.judgeOn(readings);
    else await this.judgeAgain(readings);
  }

  /** A person closes the open alert. */
  closeByHand(): void {
    const open = this.alerts.find(({ id }) => id === this.openAlert);
    if (!open) return;
    Object.assign(open, { resolvedAt: 1e15, closedByHand: true });
    this.openAlert = null;
    this.progress = this.base = INITIAL;
    this.floor = this.readings.at(-1)!.instant;
  }

  /** An administrator changes what the rule says. */
  change(evaluator: Evaluator): void {
    this.evaluator = evaluator;
    this.floor = this.readings.at(-1)?.instant ?? null;
    this.progress = this.base = this.openAlert === null ? INITIAL : BREACH;
  }

  /** The state that the readings above the floor lead to when they are taken in order. */
  folded(): RuleProgress {
    const judged = this.readings.filter(({ instant }) => instant > (this.floor ?? -1));
    return judged.reduce((at, { instant, value }) => step(this.evaluator, at, instant, value).progress, this.base);
  }

  /** Alerts that stand for a breach, oldest first. */
  standing(): Entry[] {
    const alerts = this.alerts.filter(({ occurrences, closedByHand }) => occurrences > 0 && !closedByHand);
    return alerts.sort((a, b) => a.openedAt - b.openedAt);
  }

  private judgeOn(readings: readonly JudgedReading[]): void {
    const { progress, episodes } = foldForward(this.evaluator, this.progress, this.openAlert, readings);
    this.progress = progress;
    for (const episode of episodes) this.enter(episode);
    const last = episodes.at(-1);
    if (last) this.openAlert = last.resolvedAt === null ? last.alertId : null;
  }

  private async judgeAgain(readings: readonly JudgedReading[]): Promise<void> {
    const outcome = await judgeLate(this, { evaluator: this.evaluator, floor: this.floor, readings });
    for (const id of outcome.superseded) {
      const alert = this.alerts.find((one) => one.id === id)!;
      alert.occurrences = 0;
      alert.resolvedAt ??= alert.lastOccurredAt;
    }
    for (const episode of outcome.episodes) this.enter(episode);
    if (outcome.progress === null) return;
    this.progress = outcome.progress;
    this.openAlert = outcome.openEpisode?.alertId ?? null;
  }

  private enter(episode: Episode): void {
    episode.alertId ??= this.newAlert(episode);
    const alert = this.alerts.find(({ id }) => id === episode.alertId)!;
    alert.occurrences += episode.occurrences;
    if (episode.opening) alert.openedAt = episode.opening.instant;
    if (episode.last && (episode.complete || episode.last.instant > alert.lastOccurredAt)) {
      alert.lastOccurredAt = episode.last.instant;
    } else if (episode.complete && episode.resolvedAt !== null && episode.resolvedAt < alert.lastOccurredAt) {
      alert.lastOccurredAt = alert.openedAt;
    }
    if (episode.complete) alert.resolvedAt = episode.resolvedAt;
  }

  private newAlert({ opening }: Episode): string {
    const id = `alert-${this.alerts.length}`;
    const at = opening!.instant;
    this.alerts.push({ id, openedAt: at, lastOccurredAt: at, resolvedAt: null, occurrences: 0, closedByHand: false });
    return id;
  }
}

const sorted = (readings: readonly JudgedReading[]) => [...readings].sort((a, b) => a.instant - b.instant);

const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc.record({ operator: fc.constantFrom('>', '>=', '<', '<='), value: fc.integer({ min: 2, max: 8 }) }),
  fc.record({ min: fc.integer({ min: 0, max: 4 }), max: fc.integer({ min: 6, max: 10 }) }),
);
const rule = fc
  .record({ condition, deadband: fc.nat(2), onDelaySeconds: fc.nat(8), offDelaySeconds: fc.nat(8) })
  .map((definition) => compile(definition));
const batch = fc
  .uniqueArray(fc.record({ second: fc.integer({ min: 1, max: 30 }), value: fc.nat(10) }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ second }) => second,
  })
  .map((readings) => readings.map(({ second, value }) => ({ instant: second * 1_000, value })));
const batches = fc.array(batch, { minLength: 1, maxLength: 14 });
const NUM_RUNS = 3_000;
const TIME_LIMIT_MS = 60_000;

it('comes to the alerts of readings that came in order, whatever the rule', { timeout: TIME_LIMIT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(rule, batches, async (evaluator, batches) => {
      const series = new Series(evaluator);
      for (const readings of batches) {
        await series.take(readings);
        const inOrder = new Series(evaluator);
        await inOrder.take(series.readings);
        const shown = (alerts: Entry[]) => alerts.map(({ id: _, ...alert }) => alert);
        expect(shown(series.standing())).toEqual(shown(inOrder.standing()));
        expect(series.progress).toEqual(series.folded());
      }
    }),
    { numRuns: NUM_RUNS },
  );
});

it(
  'keeps one open alert and the right state when people close alerts and change rules',
  { timeout: TIME_LIMIT_MS },
  async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constant('close' as const) },
      { weight: 1, arbitrary: rule },
    );
    await fc.assert(
      fc.asyncProperty(
        rule,
        fc.array(fc.tuple(action, batch), { minLength: 1, maxLength: 14 }),
        async (evaluator, steps) => {
          const series = new Series(evaluator);
          for (const [action, readings] of steps) {
            if (action === 'close') series.closeByHand();
            else if (action) series.change(action);
            await series.take(readings);
            expect(series.progress).toEqual(series.folded());
            const open = series.alerts.filter(({ resolvedAt }) => resolvedAt === null).map(({ id }) => id);
            expect(open).toEqual(series.openAlert === null ? [] : [series.openAlert]);
          }
        },
      ),
      { numRuns: NUM_RUNS * 3 },
    );
  },
);
