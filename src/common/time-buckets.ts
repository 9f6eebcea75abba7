import { DateTime } from 'luxon';

/** Lengths of time that readings are aggregated over. */
export const BUCKET_UNITS = ['minute', 'hour', 'day', 'month'] as const;

/** One of {@link BUCKET_UNITS}. */
export type BucketUnit = (typeof BUCKET_UNITS)[number];

/** Milliseconds of the units whose buckets are all of the same length. */
const FIXED_MS = { minute: 60_000, hour: 3_600_000 } as const;

/** Cuts time into buckets; all instants are epoch milliseconds. */
export interface Calendar {
  /** Length of every bucket, counted from the epoch; null where buckets differ in length. */
  readonly fixedMs: number | null;
  /** Start of the bucket that holds the instant. */
  startOf(instant: number): number;
  /** Start of the bucket that lies `count` buckets after (before, when negative) the one that begins at `start`. */
  shift(start: number, count: number): number;
}

/**
 * Buckets of a unit: minutes and hours of UTC, days and months of an IANA time zone.
 * @throws Error when the zone is unknown
 */
export function calendarOf(unit: BucketUnit, timeZone: string): Calendar {
  return unit === 'minute' || unit === 'hour' ? fixedCalendar(FIXED_MS[unit]) : localCalendar(unit, timeZone);
}

function fixedCalendar(fixedMs: number): Calendar {
  return {
    fixedMs,
    startOf: (instant) => Math.floor(instant / fixedMs) * fixedMs,
    shift: (start, count) => start + count * fixedMs,
  };
}

function localCalendar(unit: 'day' | 'month', zone: string): Calendar {
  const local = (instant: number): DateTime => {
    const time = DateTime.fromMillis(instant, { zone });
    if (!time.isValid) throw new Error(`cannot tell the time in "${zone}": ${time.invalidExplanation}`);
    return time;
  };
  const startOf = (instant: number): number => firstMoment(local(instant).startOf(unit));
  const next = (start: number): number =>
    firstMoment(
      local(start)
        .plus({ [unit]: 1 })
        .startOf(unit),
    );
  return {
    fixedMs: null,
    startOf,
    // Step by step: a zone that crosses the date line leaves a day out, and that is no bucket.
    shift: (start, count) => {
      let there = start;
      for (let i = 0; i < Math.abs(count); i++) there = count > 0 ? next(there) : startOf(there - 1);
      return there;
    },
  };
}

/** Where clocks go back across midnight, midnight comes twice: the day begins with the first one. */
function firstMoment(start: DateTime): number {
  return Math.min(...start.getPossibleOffsets().map((moment) => moment.toMillis()));
}
