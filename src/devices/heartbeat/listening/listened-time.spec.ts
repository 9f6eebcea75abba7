import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListenedTime, type Span } from './listened-time.js';

const spans: fc.Arbitrary<Span[]> = fc.array(
  fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 40 })).map(([since, length]) => ({ since, until: since + length })),
  { minLength: 1, maxLength: 8 },
);
/** Milliseconds of `[from, to)` in which one of the spans was open, counted one by one. */
const counted = (list: readonly Span[], from: number, to: number): number => {
  let sum = 0;
  for (let at = from; at < to; at++) if (list.some(({ since, until }) => since <= at && at < until)) sum++;
  return sum;
};

describe('ListenedTime', () => {
  it('joins what several processes heard, and knows since when somebody listens', () => {
    const time = new ListenedTime([
      { since: 0, until: 10 },
      { since: 50, until: 60 },
      { since: 40, until: 52 },
      { since: 60, until: 70 },
    ]);
    expect(time).toMatchObject({ known: true, until: 70 });
    expect(time.gaps(-5, 80)).toEqual([
      { since: -5, until: 0 },
      { since: 10, until: 40 },
      { since: 70, until: 80 },
    ]);
    expect(time.gaps(42, 66)).toEqual([]);
  });

  it('reaches nothing when nobody ever listened', () => {
    const never = new ListenedTime([]);
    expect(never).toMatchObject({ known: false, until: -Infinity });
    expect(never.reach(0, 1)).toBe(Infinity);
    expect(never.gaps(1, 5)).toEqual([{ since: 1, until: 5 }]);
  });

  it('counts only time in which somebody listened', () => {
    fc.assert(
      fc.property(spans, fc.nat(150), fc.integer({ min: 1, max: 60 }), (list, from, wanted) => {
        const time = new ListenedTime(list);
        const reached = time.reach(from, wanted);
        const until = Math.max(...list.map((span) => span.until));
        // Beyond what is known, somebody is taken to go on listening.
        const beyond = Math.max(0, reached - Math.max(until, from));
        expect(counted(list, from, Math.min(reached, until)) + beyond).toBe(wanted);
      }),
    );
  });

  it('is sure of nothing before a span has lasted', () => {
    const time = new ListenedTime([
      { since: 0, until: 10 },
      { since: 20, until: 25 },
      { since: 30, until: 100 },
    ]);
    const sure = (from: number, grace = 8) => time.settledFrom(from, () => grace);
    // The second span is too short to be sure of anything; the last one is taken to go on.
    expect([2, 9, 12, 22, 36, 50, 200].map((from) => sure(from))).toEqual([8, 9, 38, 38, 38, 50, 200]);
    expect(sure(2, 1_000)).toBe(1_030);
    expect(new ListenedTime([]).settledFrom(1, () => 0)).toBe(Infinity);
  });

  it('has gaps where nobody listened, and nowhere else', () => {
    fc.assert(
      fc.property(spans, fc.nat(150), fc.nat(100), (list, from, length) => {
        const gaps = new ListenedTime(list).gaps(from, from + length);
        const silent = gaps.reduce((sum, gap) => sum + gap.until - gap.since, 0);
        expect(silent).toBe(length - counted(list, from, from + length));
      }),
    );
  });
});
