import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, INITIAL, isOpen, PHASE, step, type Transition } from './evaluator.js';
import type { RuleCondition } from './rule-definition.js';

const MINUTE = 60_000;

function rule(condition: RuleCondition, more: { deadband?: number; on?: number; off?: number } = {}) {
  return compile({
    condition,
    deadband: more.deadband ?? 0,
    onDelaySeconds: more.on ?? 0,
    offDelaySeconds: more.off ?? 0,
  });
}

/** What each reading did, in order; readings are [minutes, value]. */
function transitions(
  evaluator: ReturnType<typeof compile>,
  readings: readonly (readonly [number, number])[],
): Transition[] {
  let progress = INITIAL;
  return readings.map(([minutes, value]) => {
    const result = step(evaluator, progress, minutes * MINUTE, value);
    progress = result.progress;
    return result.transition;
  });
}

describe('standing', () => {
  it.each([
    [
      { operator: '>', value: 10 },
      { 10.1: 'breach', 10: 'hold', 8.1: 'hold', 8: 'clear', '-1': 'clear' },
    ],
    [
      { operator: '>=', value: 10 },
      { 10: 'breach', 9.9: 'hold', 8: 'hold', 7.9: 'clear' },
    ],
    [
      { operator: '<', value: 10 },
      { 9.9: 'breach', 10: 'hold', 11.9: 'hold', 12: 'clear' },
    ],
    [
      { operator: '<=', value: 10 },
      { 10: 'breach', 10.1: 'hold', 12: 'hold', 12.1: 'clear' },
    ],
    [
      { min: 0, max: 10 },
      { '-0.1': 'breach', 10.1: 'breach', 0: 'hold', 1.9: 'hold', 2: 'clear', 8: 'clear', 8.1: 'hold' },
    ],
  ] as [RuleCondition, Record<string, string>][])('of %j with a deadband of 2', (condition, expected) => {
    const { standing } = rule(condition, { deadband: 2 });
    expect(Object.fromEntries(Object.keys(expected).map((value) => [value, standing(Number(value))]))).toEqual(
      expected,
    );
  });

  it('knows no hold without a deadband', () => {
    const conditions = [
      ...(['>', '>=', '<', '<='] as const).map((operator) => ({ operator, value: 10 })),
      { min: 0, max: 10 },
    ];
    fc.assert(
      fc.property(fc.constantFrom(...conditions), fc.double({ noNaN: true }), (condition, value) => {
        expect(rule(condition).standing(value)).not.toBe('hold');
      }),
    );
  });
});

describe('step', () => {
  const high = { operator: '>', value: 10 } as const;

  it('opens, counts and resolves at once without delays', () => {
    const readings = [
      [0, 5],
      [1, 11],
      [2, 12],
      [3, 10],
      [4, 9],
      [5, 11],
    ] as const;
    expect(transitions(rule(high), readings)).toEqual(['none', 'opened', 'occurred', 'resolved', 'none', 'opened']);
  });

  it('stays open inside the deadband, and does not open there', () => {
    const readings = [
      [0, 9],
      [1, 11],
      [2, 9],
      [3, 8],
    ] as const;
    expect(transitions(rule(high, { deadband: 2 }), readings)).toEqual(['none', 'opened', 'none', 'resolved']);
  });

  it('opens when the breach has lasted for the on-delay', () => {
    const readings = [
      [0, 11],
      [1, 12],
      [2, 13],
    ] as const;
    expect(transitions(rule(high, { on: 120 }), readings)).toEqual(['none', 'none', 'opened']);
  });

  it('begins the on-delay anew when the breach was interrupted, also by a value in the deadband', () => {
    for (const between of [9, 5]) {
      const readings = [
        [0, 11],
        [1, between],
        [2, 13],
        [3, 13],
        [4, 13],
      ] as const;
      expect(transitions(rule(high, { on: 120, deadband: 2 }), readings)).toEqual([
        'none',
        'none',
        'none',
        'none',
        'opened',
      ]);
    }
  });

  it('resolves when the values have been back for the off-delay', () => {
    const readings = [
      [0, 11],
      [1, 5],
      [2, 5],
      [3, 5],
    ] as const;
    expect(transitions(rule(high, { off: 120 }), readings)).toEqual(['opened', 'none', 'none', 'resolved']);
  });

  it('begins the off-delay anew when a value left the normal range, also into the deadband', () => {
    for (const [between, seen] of [
      [9, 'none'],
      [11, 'occurred'],
    ] as const) {
      const readings = [
        [0, 11],
        [1, 5],
        [2, between],
        [3, 5],
        [5, 5],
      ] as const;
      expect(transitions(rule(high, { off: 120, deadband: 2 }), readings)).toEqual([
        'opened',
        'none',
        seen,
        'none',
        'resolved',
      ]);
    }
  });

  it('remembers since when a run lasts in no phase but those of a run', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 20 }))),
        fc.record({ on: fc.integer({ min: 0, max: 300 }), off: fc.integer({ min: 0, max: 300 }), deadband: fc.nat(5) }),
        (gaps, delays) => {
          const evaluator = rule(high, delays);
          let progress = INITIAL;
          let instant = 0;
          for (const [gap, value] of gaps) {
            instant += gap * MINUTE;
            const wasOpen = isOpen(progress);
            const result = step(evaluator, progress, instant, value);
            progress = result.progress;
            const running = progress.phase === PHASE.pending || progress.phase === PHASE.clearing;
            expect(progress.since !== null).toBe(running);
            expect(isOpen(progress)).toBe(
              result.transition === 'opened' || (wasOpen && result.transition !== 'resolved'),
            );
          }
        },
      ),
    );
  });
});
