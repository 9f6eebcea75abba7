import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availabilityOf, percentOf, sumOf } from './availability.js';

const range = { from: 0, to: 100 };

describe('availabilityOf', () => {
  it('counts late as heard, offline as not, and the rest not at all', () => {
    const changes = [
      { at: 10, state: 'late' as const },
      { at: 20, state: 'offline' as const },
      { at: 50, state: 'maintenance' as const },
      { at: 70, state: 'online' as const },
      { at: 90, state: 'deactivated' as const },
    ];
    expect(availabilityOf(range, 'online', changes, [])).toEqual({ up: 40, down: 30, unknown: 0, apart: 30 });
  });

  it('knows what was before the range, and leaves out what is behind it', () => {
    const changes = [
      { at: -50, state: 'online' as const },
      { at: -10, state: 'offline' as const },
      { at: 40, state: 'online' as const },
      { at: 150, state: 'offline' as const },
    ];
    expect(availabilityOf(range, 'never_seen', changes, [])).toEqual({ up: 60, down: 40, unknown: 0, apart: 0 });
  });

  it('does not count the time in which nobody listened', () => {
    const gaps = [
      { since: 30, until: 60 },
      { since: 90, until: 200 },
    ];
    const changes = [{ at: 50, state: 'offline' as const }];
    expect(availabilityOf(range, 'online', changes, gaps)).toEqual({ up: 30, down: 30, unknown: 40, apart: 0 });
    expect(availabilityOf(range, 'maintenance', [], gaps)).toEqual({ up: 0, down: 0, unknown: 0, apart: 100 });
  });

  it('tells the same as counting each moment by itself', () => {
    const states = fc.constantFrom('online' as const, 'offline' as const, 'maintenance' as const);
    const story = fc.array(fc.record({ at: fc.integer({ min: -20, max: 120 }), state: states }), { maxLength: 12 });
    const pauses = fc.uniqueArray(fc.integer({ min: -20, max: 120 }), { maxLength: 12 });
    fc.assert(
      fc.property(story, pauses, (unsorted, borders) => {
        const changes = unsorted.sort((a, b) => a.at - b.at);
        const ends = borders.sort((a, b) => a - b);
        const gaps = ends.flatMap((since, i) =>
          i % 2 || i + 1 === ends.length ? [] : [{ since, until: ends[i + 1]! }],
        );
        const sum = { up: 0, down: 0, unknown: 0, apart: 0 };
        for (let at = 0; at < 100; at++) {
          const state = changes.filter((change) => change.at <= at).at(-1)?.state ?? 'online';
          const isDeaf = gaps.some(({ since, until }) => since <= at && at < until);
          const counted = state === 'maintenance' ? 'apart' : state === 'online' ? 'up' : 'down';
          sum[counted !== 'apart' && isDeaf ? 'unknown' : counted] += 1;
        }
        expect(availabilityOf(range, 'online', changes, gaps)).toEqual(sum);
      }),
    );
  });

  it('does not go through a year for each of its days', () => {
    let reads = 0;
    const counted = <T>(items: T[]): T[] =>
      new Proxy(items, { get: (all, key) => ((reads += 1), Reflect.get(all, key) as unknown) });
    const gaps = counted(Array.from({ length: 36_600 }, (_, i) => ({ since: i * 10, until: i * 10 + 1 })));
    const changes = counted(Array.from({ length: 36_600 }, (_, i) => ({ at: i * 10 + 5, state: 'online' as const })));
    for (let day = 0; day < 366; day++) {
      const one = { from: day * 1_000, to: (day + 1) * 1_000 };
      expect(availabilityOf(one, 'online', changes, gaps)).toMatchObject({ up: 900, unknown: 100 });
    }
    // A few for each item, and not each item for each day.
    expect(reads).toBeLessThan(1_000_000);
  });

  it('has no percent where nothing counts', () => {
    expect(percentOf(availabilityOf(range, 'never_seen', [], []))).toBeNull();
    expect(percentOf({ up: 2, down: 1, unknown: 9, apart: 9 })).toBe(66.67);
    expect(sumOf([])).toEqual({ up: 0, down: 0, unknown: 0, apart: 0 });
  });
});
