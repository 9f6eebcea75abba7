import { noDeliveries, type DeliveryCount } from './deliveries.js';
import type { Slot } from './slots.js';

/** How many slots there were, and how many of them have a reading. */
export interface Tally {
  readonly expected: number;
  readonly received: number;
}

/** A tally of an hour or a day. */
export interface Bucket extends Tally {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly deliveries: DeliveryCount;
}

/** Counts slots. */
export function tallyOf(slots: readonly Slot[]): Tally {
  let received = 0;
  for (const slot of slots) if (slot.received) received++;
  return { expected: slots.length, received };
}

/** What several tallies come to. */
export function sumOf(tallies: Iterable<Tally>): Tally {
  let [expected, received] = [0, 0];
  for (const tally of tallies) {
    expected += tally.expected;
    received += tally.received;
  }
  return { expected, received };
}

/** Received of expected, percent with one decimal; 100 only when nothing is missing, null when nothing was expected. */
export function percentOf({ expected, received }: Tally): number | null {
  if (expected === 0) return null;
  const percent = Math.round((received / expected) * 1000) / 10;
  return percent >= 100 && received < expected ? 99.9 : percent;
}

/** Puts counts of deliveries together. */
export function deliveriesOf(counts: Iterable<DeliveryCount>): DeliveryCount {
  const sum = noDeliveries();
  for (const { sets, duplicates, late, timely, delaySumMs, delayMinMs, delayMaxMs } of counts) {
    sum.sets += sets;
    sum.duplicates += duplicates;
    sum.late += late;
    sum.timely += timely;
    sum.delaySumMs += delaySumMs;
    if (delayMinMs !== null) sum.delayMinMs = Math.min(sum.delayMinMs ?? Infinity, delayMinMs);
    if (delayMaxMs !== null) sum.delayMaxMs = Math.max(sum.delayMaxMs ?? -Infinity, delayMaxMs);
  }
  return sum;
}

/**
 * Tallies per hour or day; also of those without a slot.
 * @param slots in order of time
 * @param starts where the buckets begin, ascending, the first not later than the first slot
 */
export function talliesOf(slots: readonly Slot[], starts: readonly number[]): Tally[] {
  let next = 0;
  return starts.map((_, i) => {
    const end = starts[i + 1] ?? Infinity;
    let [expected, received] = [0, 0];
    for (; next < slots.length && slots[next]!.expectedAt < end; next++) {
      expected++;
      if (slots[next]!.received) received++;
    }
    return { expected, received };
  });
}

/**
 * The same with how the sets of each bucket came.
 * @param deliveries by hour; one belongs to the bucket that it begins in
 */
export function bucketsOf(
  slots: readonly Slot[],
  deliveries: ReadonlyMap<number, DeliveryCount>,
  starts: readonly number[],
): Bucket[] {
  const hours = [...deliveries].sort(([a], [b]) => a - b);
  let next = 0;
  return talliesOf(slots, starts).map((tally, i) => {
    const first = next;
    while (next < hours.length && hours[next]![0] < (starts[i + 1] ?? Infinity)) next++;
    const own = hours.slice(first, next).map(([, count]) => count);
    return { start: starts[i]!, ...tally, deliveries: deliveriesOf(own) };
  });
}
