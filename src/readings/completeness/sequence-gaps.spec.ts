import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sequenceReport, type SequenceReport } from './sequence-gaps.js';

const INTERVAL = 900_000;
const ALWAYS = { from: -Infinity, to: Infinity };

/** A report of numbers that came one interval after the other. */
function reportOf(...numbers: number[]): SequenceReport {
  return sequenceReport(
    numbers.map((seq, i) => ({ seq, instant: i * INTERVAL })),
    INTERVAL,
    ALWAYS,
  );
}

const gapsOf = (...numbers: number[]) => reportOf(...numbers).gaps.map(({ fromSeq, toSeq }) => [fromSeq, toSeq]);

describe('gaps of a sequence', () => {
  it('are the numbers that never came, between the readings that they should have come between', () => {
    const report = reportOf(7, 8, 11, 12, 14);
    expect(report).toMatchObject({ received: 5, lost: 3, restarts: 0, repeated: 0 });
    expect(report.gaps).toEqual([
      { fromSeq: 9, toSeq: 10, count: 2, after: INTERVAL, before: 2 * INTERVAL },
      { fromSeq: 13, toSeq: 13, count: 1, after: 3 * INTERVAL, before: 4 * INTERVAL },
    ]);
    expect(reportOf(1, 2, 3)).toMatchObject({ received: 3, lost: 0, gaps: [] });
    expect(sequenceReport([], INTERVAL, ALWAYS)).toMatchObject({ received: 0, lost: 0, gaps: [] });
  });

  it('are closed by numbers that come out of order, and not by repeated ones', () => {
    expect(gapsOf(7, 10, 8, 9, 11)).toEqual([]);
    expect(gapsOf(7, 12, 9, 13)).toEqual([
      [8, 8],
      [10, 11],
    ]);
    const report = reportOf(7, 9, 9, 7, 10);
    expect([report.lost, report.repeated, report.restarts]).toEqual([1, 2, 0]);
  });

  it.each([
    ['begins at 0 again', [500, 501, 0, 1, 2], 1],
    ['begins at 1 again', [500, 501, 1, 2], 1],
    ['begins at 0 right after it began', [0, 1, 0, 1, 2], 1],
    ['never gets beyond 0', [0, 0, 0], 2],
    ['is set back to what the device had kept', [4_000, 4_001, 2_000, 2_001], 1],
    ['is set to something far ahead', [4_000, 4_001, 900_000, 900_001], 1],
  ])('are not claimed when the counter %s', (_what, numbers, restarts) => {
    expect(reportOf(...numbers)).toMatchObject({ lost: 0, gaps: [], restarts, received: numbers.length });
  });

  it('go across the end of counters of 16 and 32 bits, and 255 is followed by 0', () => {
    expect(reportOf(65_534, 65_535, 0, 1)).toMatchObject({ lost: 0, restarts: 0 });
    expect(gapsOf(65_534, 2, 3)).toEqual([[65_535, 1]]);
    expect(gapsOf(65_533, 65_534, 1, 65_535, 2)).toEqual([[0, 0]]);
    expect(gapsOf(2 ** 32 - 1, 1)).toEqual([[0, 0]]);
    expect(reportOf(254, 255, 0, 1)).toMatchObject({ lost: 0, restarts: 0 });
    // Of 8 bits nobody can tell a wrap from a restart, so nothing is claimed.
    expect(reportOf(250, 251, 0, 1)).toMatchObject({ lost: 0, restarts: 1 });
  });

  it('count in the range that they end in', () => {
    const sets = [1, 3, 5, 7].map((seq, i) => ({ seq, instant: i * INTERVAL }));
    const report = sequenceReport(sets, INTERVAL, { from: 2 * INTERVAL, to: 3 * INTERVAL });
    expect([report.received, report.gaps]).toEqual([
      1,
      [{ fromSeq: 4, toSeq: 4, count: 1, after: INTERVAL, before: 2 * INTERVAL }],
    ]);
  });

  it.each([
    ['pairs are swapped', 1],
    ['pairs are swapped and every other pair is followed by a loss', 3],
  ])('cost a few looks per number when %s', (_what, lost) => {
    const numbers = [0];
    for (let pair = 0; pair < 200_000; pair++) {
      const next = Math.max(numbers.at(-1)!, numbers.at(-2) ?? 0) + (pair % 2 === 0 ? 1 : lost);
      numbers.push(next + 1, next);
    }
    // Each gap that is looked at asks once whether the number is missing in it.
    let looks = 0;
    const some = vi.spyOn(Array.prototype, 'some').mockImplementation(function (this: unknown[], test) {
      if (++looks > 3 * numbers.length) throw new Error('too many gaps are looked at');
      return this.findIndex((value, i, all) => test(value, i, all)) >= 0;
    });
    try {
      const all = sequenceReport(
        numbers.map((seq, i) => ({ seq, instant: i * INTERVAL })),
        INTERVAL,
        ALWAYS,
      );
      expect([all.lost, all.gaps.length]).toEqual(lost === 1 ? [0, 0] : [200_000, 100_000]);
    } finally {
      some.mockRestore();
    }
  });

  it('are exactly the numbers that were dropped, for any of them and in whatever order they come', () => {
    const cases = fc.record({
      first: fc.constantFrom(2, 400, 65_500, 2 ** 32 - 40),
      dropped: fc.uniqueArray(fc.integer({ min: 1, max: 98 })),
      delays: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 100, maxLength: 100 }),
    });
    fc.assert(
      fc.property(cases, ({ first, dropped, delays }) => {
        const width = first === 65_500 ? 2 ** 16 : 2 ** 32;
        const came = Array.from({ length: 100 }, (_, i) => i)
          .filter((i) => !dropped.includes(i))
          .map((i) => ({ seq: (first + i) % width, instant: (i + (i > 0 && i < 95 ? delays[i]! : 0)) * INTERVAL }))
          .sort((a, b) => a.instant - b.instant);
        const report = sequenceReport(came, INTERVAL, ALWAYS);
        const named = report.gaps.flatMap(({ fromSeq, count }) =>
          Array.from({ length: count }, (_, i) => (fromSeq + i - first + width) % width),
        );
        expect(named.sort((a, b) => a - b)).toEqual(dropped.sort((a, b) => a - b));
      }),
    );
  });
});
