import { readingsFor, slotsOf, type Slot } from './slots.js';

const DAY_MS = 86_400_000;

/** Stretch of time `[from, to)`, epoch milliseconds; may be without an end. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** From when to when a device was to deliver how often. */
export interface Expectation extends Stretch {
  readonly intervalMs: number;
}

/** An entry of a device's reporting schedule. */
export interface ScheduleEntry {
  /** Epoch milliseconds. */
  readonly since: number;
  /** Null: nothing is expected. */
  readonly intervalSeconds: number | null;
}

/** What completeness needs to know of a device and its readings. Instants are epoch milliseconds. */
export interface DeviceFacts {
  readonly expectations: readonly Expectation[];
  readonly registeredAt: number;
  /** Distinct instants of its readings, ascending, over the stretch of {@link readingsNeeded}. */
  readonly instants: readonly number[];
  /** Its last reading before those; null when there is none. */
  readonly lastBefore: number | null;
}

/**
 * What was expected of a device over time, from its schedule (oldest first). What was expected at first counts for the
 * time before as well, of which readings may be brought in afterwards.
 */
export function expectationsOf(schedule: readonly ScheduleEntry[]): Expectation[] {
  return schedule.flatMap(({ since, intervalSeconds }, i) => {
    if (intervalSeconds === null) return [];
    const from = i === 0 ? -Infinity : since;
    return [{ from, to: schedule[i + 1]?.since ?? Infinity, intervalMs: intervalSeconds * 1000 }];
  });
}

/** The readings that are needed to tell the slots of a range; null when nothing is expected in it. */
export function readingsNeeded(expectations: readonly Expectation[], range: Stretch): Stretch | null {
  const needed = within(expectations, range).map((part) => readingsFor(part, part.intervalMs));
  if (needed.length === 0) return null;
  return { from: Math.min(...needed.map(({ from }) => from)), to: Math.max(...needed.map(({ to }) => to)) };
}

/** How many slots there may be in a range. */
export function slotsIn(expectations: readonly Expectation[], range: Stretch): number {
  return within(expectations, range).reduce((sum, { from, to, intervalMs }) => sum + (to - from) / intervalMs + 1, 0);
}

/**
 * The slots of a range that count, in order of time. Those count that are received, or over: the slot that is not over
 * yet does not, nor one that was not over when the device was deactivated. Nothing is expected before the first reading
 * ever, nor, of the time before the device was registered, on days (UTC) of which there are no readings at all.
 */
export function expectedSlots(facts: DeviceFacts, range: Stretch, now: number): Slot[] {
  const { expectations, registeredAt, instants, lastBefore } = facts;
  const begun = lastBefore === null ? (instants[0] ?? Infinity) : -Infinity;
  const days = new Set(instants.map((instant) => Math.floor(instant / DAY_MS)));
  return within(expectations, range).flatMap((part) => {
    const { from, to } = readingsFor(part, part.intervalMs);
    const read = instants.filter((instant) => instant >= from && instant < to);
    const before = instants.findLast((instant) => instant < from) ?? lastBefore;
    return slotsOf(read, part.intervalMs, part, before).filter((slot) => {
      const { expectedAt, received } = slot;
      if (expectedAt < part.from || expectedAt >= part.to) return false;
      if (received) return true;
      if (slot.to > Math.min(now, part.until) || slot.to <= begun) return false;
      return expectedAt >= registeredAt || days.has(Math.floor(expectedAt / DAY_MS));
    });
  });
}

/** The parts of the expectations that lie in a range; `until` is where the expectation itself ends. */
function within(expectations: readonly Expectation[], range: Stretch): (Expectation & { readonly until: number })[] {
  return expectations
    .map(({ from, to, intervalMs }) => {
      return { from: Math.max(from, range.from), to: Math.min(to, range.to), until: to, intervalMs };
    })
    .filter(({ from, to }) => from < to);
}
