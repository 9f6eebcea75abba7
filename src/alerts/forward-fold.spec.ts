import { describe, expect, it } from 'vitest';
import { compile, INITIAL, PHASE } from '../rules/evaluator.js';
import { foldForward } from './forward-fold.js';

const evaluator = compile({
  condition: { operator: '>', value: 10 },
  deadband: 2,
  onDelaySeconds: 0,
  offDelaySeconds: 0,
});
const BREACH = { phase: PHASE.breach, since: null };

const readings = (...values: number[]) => values.map((value, i) => ({ instant: i + 1, value }));

describe('foldForward', () => {
  it('touches nothing while all is well', () => {
    expect(foldForward(evaluator, INITIAL, null, readings(1, 2, 10))).toEqual({ progress: INITIAL, episodes: [] });
  });

  it('finds each stretch of breach, and leaves the last one open', () => {
    const { progress, episodes } = foldForward(evaluator, INITIAL, null, readings(11, 12, 9, 8, 15));
    expect(progress).toEqual(BREACH);
    expect(episodes).toEqual([
      {
        alertId: null,
        opening: { instant: 1, value: 11 },
        occurrences: 2,
        last: { instant: 2, value: 12 },
        resolvedAt: 4,
        complete: true,
      },
      {
        alertId: null,
        opening: { instant: 5, value: 15 },
        occurrences: 1,
        last: { instant: 5, value: 15 },
        resolvedAt: null,
        complete: true,
      },
    ]);
  });

  it('goes on with the alert that is open', () => {
    const { progress, episodes } = foldForward(evaluator, BREACH, 'alert-1', readings(12, 9, 5));
    expect(progress).toEqual(INITIAL);
    expect(episodes).toEqual([
      {
        alertId: 'alert-1',
        opening: null,
        occurrences: 1,
        last: { instant: 1, value: 12 },
        resolvedAt: 3,
        complete: true,
      },
    ]);
  });

  it('does not touch the open alert by values in the deadband', () => {
    expect(foldForward(evaluator, BREACH, 'alert-1', readings(9, 9.5))).toEqual({ progress: BREACH, episodes: [] });
  });
});
