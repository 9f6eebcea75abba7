import type { Span } from '../listening/listened-time.js';
import type { LifeState } from '../life.js';

/** A change of state; epoch milliseconds. */
export interface StateChange {
  readonly at: number;
  readonly state: LifeState;
}

/** How long a device was what, in milliseconds. */
export interface Availability {
  /** Online or late: it was heard within three of its intervals. */
  readonly up: number;
  readonly down: number;
  /** Nobody listened: nobody knows. */
  readonly unknown: number;
  /** In maintenance, deactivated, or never heard yet. */
  readonly apart: number;
}

const NOTHING: Availability = { up: 0, down: 0, unknown: 0, apart: 0 };

/** Percent of the time that counts in which a device was available; null when none of it counts. */
export function percentOf({ up, down }: Availability): number | null {
  return up + down === 0 ? null : Math.round((up / (up + down)) * 1e4) / 100;
}

/** Several availabilities together. */
export function sumOf(parts: readonly Availability[]): Availability {
  return parts.reduce(
    (sum, part) => ({
      up: sum.up + part.up,
      down: sum.down + part.down,
      unknown: sum.unknown + part.unknown,
      apart: sum.apart + part.apart,
    }),
    NOTHING,
  );
}

/**
 * How long a device was what within `[from, to)`.
 * @param initial its state at `from`, or before the first change
 * @param changes oldest first; those outside the range are allowed
 * @param gaps times in which nobody listened, oldest first
 */
export function availabilityOf(
  { from, to }: { readonly from: number; readonly to: number },
  initial: LifeState,
  changes: readonly StateChange[],
  gaps: readonly Span[],
): Availability {
  const sum = { ...NOTHING } as { -readonly [K in keyof Availability]: number };
  let state = initial;
  let at = from;
  const spend = (until: number): void => {
    if (until <= at) return;
    const deaf = gaps.reduce((all, gap) => all + overlap(gap, at, until), 0);
    const counted = kindOf(state);
    sum[counted] += counted === 'apart' ? until - at : until - at - deaf;
    if (counted !== 'apart') sum.unknown += deaf;
    at = until;
  };
  for (const change of changes) {
    spend(Math.min(Math.max(change.at, from), to));
    state = change.state;
  }
  spend(to);
  return sum;
}

function kindOf(state: LifeState): 'up' | 'down' | 'apart' {
  if (state === 'online' || state === 'late') return 'up';
  return state === 'offline' ? 'down' : 'apart';
}

function overlap({ since, until }: Span, from: number, to: number): number {
  return Math.max(0, Math.min(until, to) - Math.max(since, from));
}
