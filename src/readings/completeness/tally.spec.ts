import { describe, expect, it } from 'vitest';
import { count, isDeliveredAgain, noDeliveries } from './deliveries.js';
import type { Slot } from './slots.js';
import { bucketsOf, deliveriesOf, percentOf, sumOf, talliesOf, tallyOf } from './tally.js';

const slot = (expectedAt: number, received = true): Slot => ({ expectedAt, from: 0, to: 0, received });

describe('a tally', () => {
  it.each([
    [96, 89, 92.7],
    [3, 2, 66.7],
    [96, 96, 100],
    [10_000, 9_999, 99.9],
    [10_000, 1, 0],
    [4, 0, 0],
    [0, 0, null],
  ])('of %i expected and %i received is %s percent', (expected, received, percent) => {
    expect(percentOf({ expected, received })).toBe(percent);
  });

  it('is taken per bucket, by the nominal instant', () => {
    const slots = [slot(0), slot(9, false), slot(10), slot(35, false)];
    expect(tallyOf(slots)).toEqual({ expected: 4, received: 2 });
    const tallies = talliesOf(slots, [0, 10, 20, 30]);
    expect(tallies.map(({ expected, received }) => [expected, received])).toEqual([
      [2, 1],
      [1, 1],
      [0, 0],
      [1, 0],
    ]);
    expect(sumOf(tallies)).toEqual(tallyOf(slots));
  });

  it('goes with the deliveries of the hours that begin in the bucket', () => {
    const hour = (sets: number) => ({ ...noDeliveries(), sets });
    const deliveries = new Map([
      [20, hour(3)],
      [0, hour(1)],
      [10, hour(2)],
    ]);
    const buckets = bucketsOf([], deliveries, [0, 15]);
    expect(buckets.map(({ start, deliveries: { sets } }) => [start, sets])).toEqual([
      [0, 3],
      [15, 3],
    ]);
  });
});

describe('deliveries', () => {
  const delivery = { deviceId: 'gauge', instant: 0, isDuplicate: false, intervalMs: 900_000 };

  it('tell late ones from clocks: only those in time make the mean', () => {
    const known = noDeliveries();
    for (const receivedAt of [-3_000, 1_000, 5_000, 900_000, 900_001, 40_000_000])
      count(known, { ...delivery, receivedAt });
    expect(known).toMatchObject({ sets: 6, late: 2, timely: 4, delayMinMs: -3_000, delayMaxMs: 40_000_000 });
    expect(known.delaySumMs).toBe(903_000);
  });

  it('say nothing of time when they come again or have no timestamp', () => {
    const known = noDeliveries();
    count(known, { ...delivery, receivedAt: 0 });
    count(known, { ...delivery, receivedAt: 7_200_000, isDuplicate: true });
    expect(known).toEqual({ ...noDeliveries(), sets: 2, duplicates: 1 });
  });

  it('are not late within a minute, however often the device reports', () => {
    const known = noDeliveries();
    for (const receivedAt of [60_000, 60_001]) count(known, { ...delivery, receivedAt, intervalMs: 1_000 });
    expect(known.late).toBe(1);
  });

  it('add up', () => {
    const one = { ...noDeliveries(), sets: 2, timely: 1, delaySumMs: 5, delayMinMs: 5, delayMaxMs: 5 };
    const sum = deliveriesOf([noDeliveries(), one, { ...one, delayMinMs: -1, late: 1 }, noDeliveries()]);
    expect(sum).toMatchObject({ sets: 4, late: 1, timely: 2, delaySumMs: 10, delayMinMs: -1, delayMaxMs: 5 });
    expect(deliveriesOf([])).toEqual(noDeliveries());
  });

  it('came again when something of them was stored before and nothing is new', () => {
    const again = isDeliveredAgain(
      [
        { message: 0, index: 0 },
        { message: 1, index: 2 },
      ],
      [{ message: 1, index: 2 }],
    );
    expect([again(0, 0), again(1, 2), again(2, 0)]).toEqual([true, false, false]);
    expect(isDeliveredAgain([], [{ message: 0, index: 0 }])(0, 0)).toBe(false);
  });
});
