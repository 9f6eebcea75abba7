import fc from 'fast-check';
import { isUsable, QUALITY_NUMBER, type Quality } from '../../src/readings/quality.js';
import type { SeriesItem } from '../../src/readings/query/series-query.service.js';

/** Zones with changes of the clock at different times, one by half an hour, and one without. */
export const ZONES = ['Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'UTC'] as const;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A reading as it is stored. */
export interface Stored {
  readonly instant: number;
  readonly value: number;
  readonly quality: number;
  readonly risk: number;
}

/** Around the changes of the clock of all zones, at instants that nobody chose, values that add up exactly. */
export const randomReadings: fc.Arbitrary<Stored[]> = fc
  .uniqueArray(
    fc.record({
      instant: fc
        .tuple(
          fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
          fc.integer({ min: -2 * DAY, max: 3 * DAY }),
        )
        .map(([change, after]) => Date.parse(change) + after),
      value: fc.integer({ min: -2_000, max: 6_000 }).map((quarters) => quarters / 4),
      quality: fc.nat(4),
      risk: fc.nat(3),
    }),
    { minLength: 2_000, maxLength: 2_000, selector: ({ instant }) => instant },
  )
  .map((rows) => rows.sort((a, b) => a.instant - b.instant));

type Resolution = 'raw' | 'minute' | 'hour' | 'day' | 'month';

interface Question {
  readonly from: number;
  readonly to: number;
  readonly resolution: Resolution;
  readonly order: 'asc' | 'desc';
  readonly quality: readonly Quality[] | undefined;
}

/** What a caller may ask. */
export const questions = fc
  .record({
    begin: fc.integer({ min: Date.UTC(2026, 1, 20), max: Date.UTC(2026, 10, 10) }),
    length: fc.oneof(fc.integer({ min: MINUTE, max: 3 * DAY }), fc.integer({ min: DAY, max: 250 * DAY })),
    resolution: fc.constantFrom<Resolution>('raw', 'minute', 'hour', 'day', 'day', 'month'),
    order: fc.constantFrom('asc' as const, 'desc' as const),
    limit: fc.integer({ min: 100, max: 1_000 }),
    few: fc.boolean(),
    quality: fc.option(fc.subarray(['good', 'suspect', 'estimated'] as const, { minLength: 1 }), { nil: undefined }),
  })
  .map(({ begin, length, few, limit, ...question }) => ({
    ...question,
    from: begin,
    to: begin + length,
    // Small pages only of what has few items.
    limit: few && ['day', 'month'].includes(question.resolution) ? (limit % 7) + 1 : limit,
  }));

const formats = new Map(
  ZONES.map((timeZone) => [timeZone, new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })]),
);

/** Name of the bucket of an instant, by means that share nothing with the code that is tested. */
function bucketOf(instant: number, timeZone: (typeof ZONES)[number], resolution: Resolution): string {
  if (resolution === 'minute') return new Date(instant).toISOString().slice(0, 16);
  if (resolution === 'hour') return new Date(instant).toISOString().slice(0, 13);
  const date = formats.get(timeZone)!.format(instant);
  return resolution === 'month' ? date.slice(0, 7) : date;
}

/** The answer to a question by plain arithmetic. */
export function expectedItems(
  rows: readonly Stored[],
  timeZone: (typeof ZONES)[number],
  question: Question,
): unknown[] {
  const { from, to, resolution, order, quality } = question;
  const wanted = (number: number): boolean =>
    quality ? quality.some((name) => QUALITY_NUMBER[name] === number) : resolution === 'raw' || isUsable(number);
  const chosen = rows.filter((row) => row.instant >= from && row.instant < to && wanted(row.quality));
  if (resolution === 'raw') return order === 'asc' ? chosen : [...chosen].reverse();
  const buckets = new Map<string, number[]>();
  for (const { instant, value } of chosen) {
    const bucket = bucketOf(instant, timeZone, resolution);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), value]);
  }
  const items = [...buckets].map(([bucket, values]) => {
    const sum = values.reduce((total, value) => total + value, 0);
    const count = values.length;
    return {
      bucket,
      isItsStart: true,
      min: Math.min(...values),
      max: Math.max(...values),
      avg: sum / count,
      sum,
      count,
    };
  });
  return order === 'asc' ? items : items.reverse();
}

/** An item in the words of {@link expectedItems}. */
export function shownOf(item: SeriesItem, timeZone: (typeof ZONES)[number], resolution: Resolution): unknown {
  if ('instant' in item) return item;
  const { start, ...values } = item;
  const bucket = bucketOf(start, timeZone, resolution);
  return { bucket, isItsStart: bucketOf(start - 1, timeZone, resolution) !== bucket, ...values };
}
