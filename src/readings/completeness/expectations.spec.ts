import { describe, expect, it } from 'vitest';
import { expectationsOf, expectedSlots, readingsNeeded, slotsIn, type DeviceFacts } from './expectations.js';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 96 * QUARTER;
const START = Date.UTC(2026, 2, 1);
const RANGE = { from: START, to: START + DAY };
const LATER = START + 10 * DAY;

const quarters = (count: number, from = START): number[] => Array.from({ length: count }, (_, i) => from + i * QUARTER);
const facts = (changes: Partial<DeviceFacts>): DeviceFacts => ({
  expectations: expectationsOf([{ since: START - DAY, intervalSeconds: 900 }]),
  registeredAt: START - DAY,
  instants: [],
  lastBefore: START - QUARTER,
  ...changes,
});
const counts = (changes: Partial<DeviceFacts>, now = LATER, range = RANGE) => {
  const slots = expectedSlots(facts(changes), range, now);
  return [slots.length, slots.filter(({ received }) => received).length];
};

describe('what is expected of a device', () => {
  it('are all slots of the range, received or not', () => {
    expect(counts({ instants: quarters(96) })).toEqual([96, 96]);
    expect(counts({ instants: quarters(40) })).toEqual([96, 40]);
    expect(counts({})).toEqual([96, 0]);
  });

  it('is nothing before its first reading ever', () => {
    expect(counts({ instants: [], lastBefore: null })).toEqual([0, 0]);
    const instants = quarters(6, START + 90 * QUARTER).filter((_, i) => i !== 2);
    expect(counts({ instants, lastBefore: null })).toEqual([6, 5]);
    expect(counts({ instants, lastBefore: START - 30 * DAY })).toEqual([96, 5]);
  });

  it('is nothing on days before it was registered, unless readings of them were brought in', () => {
    const changes = { registeredAt: START + DAY, lastBefore: null };
    const two = { from: START - DAY, to: START + 2 * DAY };
    // A clock that was reset once does not make years of gaps.
    expect(counts({ ...changes, instants: [START - DAY] }, LATER, two)).toEqual([96 + 96, 1]);
    expect(counts({ ...changes, instants: quarters(40) }, LATER, two)).toEqual([192, 40]);
    expect(counts({ ...changes, instants: quarters(96, START + DAY) }, LATER, two)).toEqual([96, 96]);
  });

  it('is not yet the slot that is not over', () => {
    const now = START + 10 * QUARTER + 2 * MINUTE;
    expect(counts({ instants: quarters(10) }, now)).toEqual([10, 10]);
    expect(counts({ instants: quarters(11) }, now)).toEqual([11, 11]);
    expect(counts({ instants: quarters(10) }, now + QUARTER)).toEqual([11, 10]);
  });

  it('ends when it is deactivated and begins anew when it is reactivated', () => {
    const schedule = [
      { since: START - DAY, intervalSeconds: 900 },
      { since: START + 40 * QUARTER + MINUTE, intervalSeconds: null },
      { since: START + 80 * QUARTER - MINUTE, intervalSeconds: 900 },
    ];
    const expectations = expectationsOf(schedule);
    const instants = [...quarters(40), ...quarters(16, START + 80 * QUARTER)];
    expect(counts({ expectations, instants })).toEqual([56, 56]);
    // The reading of the slot that was not over yet counts when it came.
    expect(counts({ expectations, instants: [...quarters(41), ...instants.slice(40)] })).toEqual([57, 57]);
  });

  it('is told by the interval that was in force at the time', () => {
    const expectations = expectationsOf([
      { since: START - DAY, intervalSeconds: 900 },
      { since: START + 48 * QUARTER - MINUTE, intervalSeconds: 300 },
    ]);
    const fast = Array.from({ length: 144 }, (_, i) => START + 48 * QUARTER + i * 5 * MINUTE);
    expect(counts({ expectations, instants: [...quarters(48), ...fast] })).toEqual([192, 192]);
    expect(counts({ expectations, instants: quarters(96) })).toEqual([192, 96]);
  });

  it('needs the readings of whole blocks, and none where nothing is expected', () => {
    expect(readingsNeeded(expectationsOf([{ since: START, intervalSeconds: null }]), RANGE)).toBeNull();
    const needed = readingsNeeded(facts({}).expectations, { from: START + 1, to: START + 2 });
    expect(needed).toEqual({ from: START - QUARTER, to: START + 25 * QUARTER });
    expect(Math.round(slotsIn(facts({}).expectations, RANGE))).toBe(97);
  });
});
