import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockLength, readingsFor, slotsOf } from './slots.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 2, 1);

/** What is expected in a range and was not received, by its instant. */
function missing(instants: readonly number[], interval: number, range: { from: number; to: number }): number[] {
  return slotsOf(instants, interval, range)
    .filter(({ expectedAt, received }) => !received && expectedAt >= range.from && expectedAt < range.to)
    .map(({ expectedAt }) => expectedAt);
}

function expected(instants: readonly number[], interval: number, range: { from: number; to: number }): number {
  return slotsOf(instants, interval, range).filter(
    ({ expectedAt }) => expectedAt >= range.from && expectedAt < range.to,
  ).length;
}

const ascending = (a: number, b: number) => a - b;

describe('slots', () => {
  const day = { from: MIDNIGHT, to: MIDNIGHT + DAY };
  const quarters = Array.from({ length: 96 }, (_, i) => MIDNIGHT + i * 15 * MINUTE + 7 * MINUTE);

  it('are 96 a day for a quarter of an hour, and those without a reading are the dropped ones', () => {
    const dropped = [3, 4, 5, 40, 41, 90, 95];
    const kept = quarters.filter((_, i) => !dropped.includes(i));
    expect(expected(kept, 15 * MINUTE, day)).toBe(96);
    expect(missing(kept, 15 * MINUTE, day)).toEqual(dropped.map((i) => quarters[i]));
  });

  it('are exactly those that were dropped, for any phase, scatter below half an interval and any choice of them', () => {
    const cases = fc.record({
      interval: fc.constantFrom(10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 7 * MINUTE, 4 * HOUR, DAY),
      phase: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      scatter: fc.double({ min: 0, max: 0.45, noNaN: true }),
      jitters: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
      kept: fc.array(fc.boolean(), { minLength: 58, maxLength: 58 }),
      start: fc.integer({ min: 0, max: 400 * DAY }),
    });
    fc.assert(
      fc.property(cases, ({ interval, phase, scatter, jitters, kept, start }) => {
        const first = Math.round(Math.ceil(start / interval) * interval + phase * interval);
        const meant = jitters.map((_, i) => first + i * interval);
        const sent = meant.map((instant, i) => Math.round(instant + (jitters[i]! - 0.5) * scatter * interval));
        // The first and the last are received, so that all others lie inside.
        const isKept = [true, ...kept, true];
        const instants = sent.filter((_, i) => isKept[i]).sort(ascending);
        const slots = slotsOf(instants, interval, { from: first - 2 * interval, to: meant.at(-1)! + 2 * interval });
        const inside = slots.slice(
          slots.findIndex(({ received }) => received),
          slots.findLastIndex(({ received }) => received) + 1,
        );
        expect(inside.map(({ received }) => received)).toEqual(isKept);
        inside.forEach(({ expectedAt, from, to }, i) => {
          expect(Math.abs(expectedAt - meant[i]!)).toBeLessThan(interval / 2);
          if (isKept[i]) expect(sent[i]! >= from && sent[i]! < to).toBe(true);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('are named by the instants of a device that keeps time, whatever the range that is asked for', () => {
    const range = fc.record({
      phase: fc.integer({ min: 0, max: 899 }),
      dropped: fc.uniqueArray(fc.integer({ min: 1, max: 190 }), { maxLength: 190 }),
      from: fc.integer({ min: 0, max: 48 * 60 - 2 }),
      minutes: fc.integer({ min: 1, max: 24 * 60 }),
    });
    fc.assert(
      fc.property(range, ({ phase, dropped, from, minutes }) => {
        const all = Array.from({ length: 192 }, (_, i) => MIDNIGHT + i * 15 * MINUTE + phase * 1000);
        const gone = new Set(dropped);
        const asked = { from: MIDNIGHT + from * MINUTE, to: MIDNIGHT + Math.min(from + minutes, 48 * 60) * MINUTE };
        const { from: since, to: until } = readingsFor(asked, 15 * MINUTE);
        const kept = all.filter((_, i) => !gone.has(i));
        const read = kept.filter((instant) => instant >= since && instant < until);
        const before = kept.findLast((instant) => instant < since) ?? null;
        const named = slotsOf(read, 15 * MINUTE, asked, before)
          .filter(({ received, expectedAt }) => !received && expectedAt >= asked.from && expectedAt < asked.to)
          // A phase of a few seconds beside a mark is named by the mark.
          .map(({ expectedAt }) => Math.round((expectedAt - MIDNIGHT - phase * 1000) / (15 * MINUTE)))
          .filter((i) => i >= 0 && i < 192);
        const nominal = phase >= 885 ? 900 : phase <= 15 ? 0 : snapped(phase);
        const inside = all
          .map((_, i) => i)
          .filter((i) => gone.has(i))
          .filter((i) => {
            const at = MIDNIGHT + i * 15 * MINUTE + nominal * 1000;
            return at >= asked.from && at < asked.to;
          });
        expect(named).toEqual(inside);
      }),
      { numRuns: 500 },
    );
  });

  const snapped = (phase: number): number => {
    const minute = Math.round(phase / 60) * 60;
    return Math.abs(minute - phase) <= 15 ? minute : phase;
  };

  it('count a reading just before or after midnight for midnight', () => {
    const instants = quarters.map((_, i) => MIDNIGHT + i * 15 * MINUTE + (i % 2 === 0 ? -2_000 : 3_000));
    const next = MIDNIGHT + DAY - 1_500;
    expect(missing([...instants, next], 15 * MINUTE, day)).toEqual([]);
    expect(expected([...instants, next], 15 * MINUTE, day)).toBe(96);
    expect(missing(instants.slice(1), 15 * MINUTE, day)).toEqual([MIDNIGHT]);
  });

  it('are as many as the day has room for when clocks change', () => {
    for (const hours of [23, 25]) {
      const range = { from: MIDNIGHT - HOUR, to: MIDNIGHT - HOUR + hours * HOUR };
      const instants = Array.from({ length: hours * 4 }, (_, i) => range.from + i * 15 * MINUTE + 7 * MINUTE);
      expect([expected(instants, 15 * MINUTE, range), missing(instants, 15 * MINUTE, range)]).toEqual([hours * 4, []]);
    }
  });

  it('take more readings than are expected for one each', () => {
    const fast = Array.from({ length: 288 }, (_, i) => MIDNIGHT + i * 5 * MINUTE);
    const received = slotsOf(fast, 15 * MINUTE, day).filter((slot) => slot.received);
    expect([expected(fast, 15 * MINUTE, day), received.length]).toEqual([96, 96]);
  });

  it('follow a clock that drifts, since nothing of it is missing', () => {
    const slow = Array.from({ length: 95 }, (_, i) => MIDNIGHT + i * 910_000);
    expect([expected(slow, 15 * MINUTE, day), missing(slow, 15 * MINUTE, day)]).toEqual([95, []]);
    const gone = [slow[20]!, slow[21]!, slow[60]!];
    const named = missing(
      slow.filter((instant) => !gone.includes(instant)),
      15 * MINUTE,
      day,
    );
    expect(named).toHaveLength(3);
    named.forEach((instant, i) => expect(Math.abs(instant - gone[i]!)).toBeLessThan(7 * MINUTE));
  });

  it('go on with the phase of the last reading when a device falls silent', () => {
    const one = quarters[0]!;
    expect(missing([one], 15 * MINUTE, day)).toEqual(quarters.slice(1));
    const later = { from: day.from + 2 * DAY, to: day.to + 2 * DAY };
    const named = slotsOf([], 15 * MINUTE, later, one).map(({ expectedAt }) => expectedAt);
    expect(named).toEqual(quarters.map((instant) => instant + 2 * DAY));
    expect(slotsOf([], 15 * MINUTE, later)[0]!.expectedAt).toBe(later.from);
  });

  it('do not name a slot twice, nor lose one, where a device restarts with another phase', () => {
    const restarted = quarters.map((instant, i) => (i < 48 ? instant : instant + 3 * MINUTE));
    expect([expected(restarted, 15 * MINUTE, day), missing(restarted, 15 * MINUTE, day)]).toEqual([96, []]);
  });

  it('are told from blocks that hold at least a day of them', () => {
    for (const seconds of [1, 60, 150, 900, 901, 3600, 86_400, 7 * 86_400]) {
      expect(blockLength(seconds * 1000)).toBeGreaterThanOrEqual(24_000 * seconds);
    }
  });
});
