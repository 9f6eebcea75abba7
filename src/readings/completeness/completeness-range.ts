import { ValidationError } from '../../common/errors/errors.js';
import type { Stretch } from './expectations.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clocks of devices may run ahead; there is nothing later. */
const AHEAD_MS = HOUR_MS;
/** There are no older readings. */
const EARLIEST = Date.UTC(2000, 0, 1);

/** Longest range of one answer, by its resolution. */
const MAX_DAYS = { hour: 31, day: 366 } as const;

/** What a range is asked by. */
export interface AskedRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/**
 * Range `[from, to)` of a query: the last 24 hours unless given, kept to where readings can be.
 * @throws ValidationError `RANGE_TOO_LARGE`
 */
export function completenessRange(asked: AskedRange, resolution: keyof typeof MAX_DAYS, now: number): Stretch {
  const to = Math.min(asked.to?.getTime() ?? now, now + AHEAD_MS);
  const from = Math.max(asked.from?.getTime() ?? to - DAY_MS, EARLIEST);
  // An hour more: the month in which clocks go back.
  if (to - from > MAX_DAYS[resolution] * DAY_MS + HOUR_MS) {
    throw rangeTooLarge(`At most ${MAX_DAYS[resolution]} days can be asked for by ${resolution}.`);
  }
  return { from: Math.min(from, to), to };
}

/** More was asked for than one answer should cost. */
export function rangeTooLarge(message: string): ValidationError {
  return new ValidationError([{ path: 'from', code: 'RANGE_TOO_LARGE', message }], 'RANGE_TOO_LARGE', message);
}
