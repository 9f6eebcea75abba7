import type { Aggregate, Order, Selection, SeriesReader } from './series-reader.js';
import type { Calendar } from './time-buckets.js';
import type { TimeRange } from './time-range.js';

/** Stretches in one statement. */
const MAX_STRETCHES = 100;

/**
 * The first `limit` non-empty buckets of a selection, in order of time. It reads only as much of the series as these
 * need: a page of hours over ten years costs what a page of hours over a week does.
 */
export async function aggregateSeries(
  reader: SeriesReader,
  selection: Selection,
  calendar: Calendar,
  order: Order,
  limit: number,
): Promise<Aggregate[]> {
  const found: Aggregate[] = [];
  let rest: TimeRange | null = selection.range;
  while (rest !== null && rest.from < rest.to && found.length < limit) {
    const range = windowOf(calendar, rest, order, limit - found.length);
    found.push(...(await aggregateWindow(reader, { ...selection, range }, calendar, order)));
    rest = order === 'asc' ? { from: range.to, to: rest.to } : { from: rest.from, to: range.from };
    if (found.length < limit && rest.from < rest.to) rest = await skipGap(reader, selection, rest, order);
  }
  return found;
}

/** The next buckets of the rest, at most `count`. */
function windowOf(calendar: Calendar, rest: TimeRange, order: Order, count: number): TimeRange {
  const buckets = calendar.fixedMs === null ? Math.min(count, MAX_STRETCHES) : count;
  if (order === 'asc') {
    return { from: rest.from, to: Math.min(rest.to, calendar.shift(calendar.startOf(rest.from), buckets)) };
  }
  const last = calendar.startOf(rest.to - 1);
  return { from: Math.max(rest.from, calendar.shift(last, 1 - buckets)), to: rest.to };
}

async function aggregateWindow(reader: SeriesReader, selection: Selection, calendar: Calendar, order: Order) {
  const { from, to } = selection.range;
  if (calendar.fixedMs !== null) return reader.aggregateEvenly(selection, calendar.fixedMs, order);
  const bounds = [from];
  for (let next = calendar.shift(calendar.startOf(from), 1); next < to; next = calendar.shift(next, 1)) {
    bounds.push(next);
  }
  const aggregates = await reader.aggregateBetween(selection, [...bounds, to], order);
  // The first bucket may begin before the range; it is named after its own beginning all the same.
  return aggregates.map((aggregate) => ({ ...aggregate, start: calendar.startOf(aggregate.start) }));
}

/** Cuts what holds no readings off the rest's near end; null when nothing is left. */
async function skipGap(
  reader: SeriesReader,
  selection: Selection,
  rest: TimeRange,
  order: Order,
): Promise<TimeRange | null> {
  const [next] = await reader.readings({ ...selection, range: rest }, order, 1);
  if (!next) return null;
  return order === 'asc' ? { from: next.instant, to: rest.to } : { from: rest.from, to: next.instant + 1 };
}
