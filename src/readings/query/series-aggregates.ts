import type { Aggregate, Order, Selection, SeriesReader } from './series-reader.js';
import type { Calendar } from '../../common/time-buckets.js';
import type { TimeRange } from './time-range.js';

/** Days or months looked at together. */
const MAX_LOCAL_BUCKETS = 400;
const DAY_MS = 86_400_000;

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
  const buckets = calendar.fixedMs === null ? Math.min(count, MAX_LOCAL_BUCKETS) : count;
  if (order === 'asc') {
    return { from: rest.from, to: Math.min(rest.to, calendar.shift(calendar.startOf(rest.from), buckets)) };
  }
  const last = calendar.startOf(rest.to - 1);
  return { from: Math.max(rest.from, calendar.shift(last, 1 - buckets)), to: rest.to };
}

async function aggregateWindow(reader: SeriesReader, selection: Selection, calendar: Calendar, order: Order) {
  if (calendar.fixedMs !== null) return reader.aggregateEvenly(selection, calendar.fixedMs, 0, order);
  const found: Aggregate[] = [];
  const runs = runsOf(boundsOf(calendar, selection.range));
  for (const { isEven, bounds } of order === 'asc' ? runs : runs.reverse()) {
    const part = { ...selection, range: { from: bounds[0]!, to: bounds.at(-1)! } };
    const aggregates = isEven
      ? reader.aggregateEvenly(part, DAY_MS, part.range.from, order)
      : reader.aggregateBetween(part, bounds, order);
    found.push(...(await aggregates));
  }
  // The first bucket may begin before the range; it is named after its own beginning all the same.
  return found.map((aggregate) => ({ ...aggregate, start: calendar.startOf(aggregate.start) }));
}

/** Where the buckets of a range begin, and where the last one ends; cut off at the ends of the range. */
function boundsOf(calendar: Calendar, { from, to }: TimeRange): number[] {
  const bounds = [from];
  for (let next = calendar.shift(calendar.startOf(from), 1); next < to; next = calendar.shift(next, 1)) {
    bounds.push(next);
  }
  return [...bounds, to];
}

/** Consecutive buckets that are all 24 hours long, which one simple statement can take together, or all are not. */
interface Run {
  readonly isEven: boolean;
  readonly bounds: number[];
}

function runsOf(bounds: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let i = 1; i < bounds.length; i++) {
    const [from, to] = [bounds[i - 1]!, bounds[i]!];
    // Whole seconds only: a range may begin at any millisecond.
    const isEven = to - from === DAY_MS && from % 1000 === 0;
    const last = runs.at(-1);
    if (last?.isEven === isEven) last.bounds.push(to);
    else runs.push({ isEven, bounds: [from, to] });
  }
  return runs;
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
