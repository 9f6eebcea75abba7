import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, INITIAL, isOpen, type Evaluator } from '../rules/evaluator.js';
import type { RuleCondition } from '../rules/rule-definition.js';
import type { Episode } from './episode.js';
import { foldForward } from './forward-fold.js';
import { TimelineRevision } from './timeline-revision.js';

interface Reading {
  readonly instant: number;
  readonly value: number;
  readonly isNew: boolean;
}

interface Booked {
  readonly id: string;
  readonly openedAt: number;
  readonly occurrences: number;
  readonly lastAt: number;
  readonly resolvedAt: number | null;
}

const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc.record({ operator: fc.constantFrom('>', '>=', '<', '<='), value: fc.integer({ min: 2, max: 8 }) }),
  fc.record({ min: fc.integer({ min: 0, max: 4 }), max: fc.integer({ min: 6, max: 10 }) }),
);
const delays = fc.record({ onDelaySeconds: fc.nat(5), offDelaySeconds: fc.nat(5) });
const evaluators = (
  delay: fc.Arbitrary<{ onDelaySeconds: number; offDelaySeconds: number }>,
): fc.Arbitrary<Evaluator> =>
  fc
    .tuple(condition, fc.nat(2), delay)
    .map(([condition, deadband, delay]) => compile({ condition, deadband, ...delay }));
const timeline: fc.Arbitrary<Reading[]> = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), value: fc.nat(10), isNew: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((steps) => {
    let instant = 0;
    return steps.map(({ gap, value, isNew }) => ({ instant: (instant += gap * 1_000), value, isNew }));
  });

/** The alerts that readings lead to when they come in order. */
function booksOf(evaluator: Evaluator, readings: readonly Reading[]): Booked[] {
  return foldForward(evaluator, INITIAL, null, readings).episodes.map((episode, i) => bookOf(episode, `alert-${i}`));
}

function bookOf({ opening, occurrences, last, resolvedAt }: Episode, id: string): Booked {
  return { id, openedAt: opening!.instant, occurrences, lastAt: last!.instant, resolvedAt };
}

/** Judges the whole timeline again after its new readings came. */
function revise(evaluator: Evaluator, readings: readonly Reading[], books: readonly Booked[]): TimelineRevision {
  const revision = new TimelineRevision(evaluator, null, books, readings.filter(({ isNew }) => isNew).length);
  for (const reading of readings) revision.push(reading);
  return revision;
}

/** The books after the revision; superseded alerts are left out. */
function apply(books: readonly Booked[], { episodes, superseded }: ReturnType<TimelineRevision['outcome']>): Booked[] {
  const kept = new Map(books.filter(({ id }) => !superseded.includes(id)).map((booked) => [booked.id, booked]));
  episodes.forEach((episode, i) => {
    const id = episode.alertId ?? `new-${i}`;
    const before = kept.get(id)?.occurrences ?? 0;
    kept.set(id, { ...bookOf(episode, id), occurrences: before + episode.occurrences });
  });
  return [...kept.values()].sort((a, b) => a.openedAt - b.openedAt);
}

const anonymous = (books: readonly Booked[]) => books.map(({ id: _, ...booked }) => booked);

describe('TimelineRevision', () => {
  it('comes to the alerts and the state of readings that came in order', () => {
    fc.assert(
      fc.property(evaluators(delays), timeline, (evaluator, readings) => {
        const books = booksOf(
          evaluator,
          readings.filter(({ isNew }) => !isNew),
        );
        const revision = revise(evaluator, readings, books);
        expect(revision.progress).toEqual(foldForward(evaluator, INITIAL, null, readings).progress);
        expect(revision.open !== null).toBe(isOpen(revision.progress));
        expect(anonymous(apply(books, revision.outcome(true)))).toEqual(anonymous(booksOf(evaluator, readings)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses no alert when rules have no delays: late readings can lengthen, shorten and split, never undo', () => {
    const none = fc.constant({ onDelaySeconds: 0, offDelaySeconds: 0 });
    fc.assert(
      fc.property(evaluators(none), timeline, (evaluator, readings) => {
        const books = booksOf(
          evaluator,
          readings.filter(({ isNew }) => !isNew),
        );
        const outcome = revise(evaluator, readings, books).outcome(true);
        expect(outcome.superseded).toEqual([]);
        const claimed = outcome.episodes.flatMap(({ alertId }) => alertId ?? []);
        expect([...claimed].sort()).toEqual(books.map(({ id }) => id).sort());
      }),
      { numRuns: 1_000 },
    );
  });

  it('has converged only where nothing behind can differ', () => {
    fc.assert(
      fc.property(evaluators(delays), timeline, timeline, (evaluator, head, tail) => {
        const end = head.at(-1)!.instant;
        const readings = [
          ...head,
          ...tail.map(({ instant, value }) => ({ instant: end + instant, value, isNew: false })),
        ];
        const books = booksOf(
          evaluator,
          readings.filter(({ isNew }) => !isNew),
        );
        const whole = revise(evaluator, readings, books);
        const short = new TimelineRevision(evaluator, null, books, head.filter(({ isNew }) => isNew).length);
        const pushed = readings.findIndex((reading) => {
          short.push(reading);
          return short.converged;
        });
        fc.pre(pushed >= 0);
        const behind = readings.slice(pushed + 1);
        const { progress } = foldForward(evaluator, short.progress, short.open ? 'open' : null, behind);
        expect(progress).toEqual(whole.progress);
        const { episodes, superseded } = short.outcome(false);
        expect(superseded).toEqual(whole.outcome(true).superseded);
        for (const { alertId } of episodes) if (alertId !== null) expect(books.map(({ id }) => id)).toContain(alertId);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the identity of an alert whose breach began earlier than was known', () => {
    const evaluator = compile({
      condition: { operator: '>', value: 5 },
      deadband: 0,
      onDelaySeconds: 0,
      offDelaySeconds: 0,
    });
    const readings = [
      { instant: 1_000, value: 7, isNew: true },
      { instant: 2_000, value: 8, isNew: false },
      { instant: 3_000, value: 1, isNew: false },
    ];
    const outcome = revise(evaluator, readings, [
      { id: 'known', openedAt: 2_000, occurrences: 1, lastAt: 2_000, resolvedAt: 3_000 },
    ]).outcome(true);
    expect(outcome.episodes).toMatchObject([
      { alertId: 'known', opening: { instant: 1_000 }, occurrences: 1, resolvedAt: 3_000 },
    ]);
  });
});
