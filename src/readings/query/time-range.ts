import type { SeriesQuery } from './reading-query.schemas.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is shown when nobody says since when: as many items as fit a chart. */
const DEFAULT_SPAN_MS = {
  raw: DAY_MS,
  minute: DAY_MS,
  hour: 7 * DAY_MS,
  day: 31 * DAY_MS,
  month: 366 * DAY_MS,
} as const;
/** There are no older readings, and databases know no year 0. */
const EARLIEST = Date.UTC(2000, 0, 1);
/** Clocks of devices may run ahead; what they measured "later" belongs to what is known now. */
const AHEAD_MS = HOUR_MS;

/** Range `[from, to)` in epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The range that a query asks for, kept to where readings can be. */
export function rangeOf({ from, to, resolution }: SeriesQuery, now: number): TimeRange {
  const end = Math.min(to?.getTime() ?? Infinity, now + AHEAD_MS);
  const since = from?.getTime() ?? Math.min(end, now) - DEFAULT_SPAN_MS[resolution];
  return { from: Math.max(since, EARLIEST), to: end };
}
