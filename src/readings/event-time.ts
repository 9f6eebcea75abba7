import type { RejectCode } from './reject-code.js';

/** 2000-01-01T00:00:00Z: nothing that a device of this platform measured is older. */
const EARLIEST = Date.UTC(2000, 0, 1);
/** How far a device's clock may run ahead of ours: 15 minutes. */
const MAX_AHEAD_MS = 15 * 60_000;
/** Numbers below are epoch seconds, others milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const MILLISECONDS_FROM = 1e11;

/** RFC 3339 with an offset; without one nobody knows the time. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** Why a timestamp was not taken. */
export interface TimeRejection {
  readonly code: Extract<RejectCode, 'TIMESTAMP_INVALID' | 'TIMESTAMP_OUT_OF_RANGE'>;
  readonly reason: string;
}

/**
 * Event time (epoch ms, truncated) of a timestamp as devices send it: RFC 3339, epoch seconds or milliseconds;
 * without one the time of arrival counts.
 */
export function eventTime(timestamp: unknown, receivedAt: number): number | TimeRejection {
  if (timestamp === undefined || timestamp === null) return receivedAt;
  const instant = parse(timestamp);
  if (Number.isNaN(instant)) {
    return {
      code: 'TIMESTAMP_INVALID',
      reason: 'timestamp must be RFC 3339 with an offset, or epoch seconds or milliseconds',
    };
  }
  return checkedInstant(instant, receivedAt);
}

/** The instant (epoch ms, any number), truncated, when it is one that a device can have measured at. */
export function checkedInstant(instant: number, receivedAt: number): number | TimeRejection {
  const at = Math.trunc(instant);
  // Written so that NaN is refused, too.
  if (at >= EARLIEST && at <= receivedAt + MAX_AHEAD_MS) return at;
  const when = Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
  return {
    code: 'TIMESTAMP_OUT_OF_RANGE',
    reason: `timestamp ${when} is not between 2000-01-01 and 15 minutes after arrival`,
  };
}

function parse(timestamp: unknown): number {
  if (typeof timestamp === 'number') return Math.trunc(timestamp < MILLISECONDS_FROM ? timestamp * 1000 : timestamp);
  if (typeof timestamp !== 'string' || !RFC_3339.test(timestamp) || !isOfCalendar(timestamp)) return Number.NaN;
  return Math.trunc(Date.parse(timestamp));
}

/** Whether its month has its day: `Date.parse` takes the 30th of February for the 2nd of March. */
function isOfCalendar(timestamp: string): boolean {
  const [year, month, day] = [timestamp.slice(0, 4), timestamp.slice(5, 7), timestamp.slice(8, 10)].map(Number);
  return day! <= 28 || day! <= new Date(Date.UTC(year!, month, 0)).getUTCDate();
}
