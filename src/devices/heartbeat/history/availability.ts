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
 * @param gaps times in which nobody listened, oldest first, apart from each other
 */
export function availabilityOf(
  { from, to }: { readonly from: number; readonly to: number },
  initial: LifeState,
  changes: readonly StateChange[],
  gaps: readonly Span[],
): Availability {
  const sum = { ...NOTHING } as { -readonly [K in keyof Availability]: number };
  const begun = firstIndex(changes, (change) => change.at > from);
  let state = changes[begun - 1]?.state ?? initial;
  let at = from;
  let next = firstIndex(gaps, (gap) => gap.until > from);
  const spend = (until: number): void => {
    if (until <= at) return;
    let deaf = 0;
    for (let gap = gaps[next]; gap !== undefined && gap.since < until; gap = gaps[++next]) {
      deaf += overlap(gap, at, until);
      if (gap.until > until) break; // The rest of it is for the next state.
    }
    const counted = kindOf(state);
    sum[counted] += counted === 'apart' ? until - at : until - at - deaf;
    if (counted !== 'apart') sum.unknown += deaf;
    at = until;
  };
  for (let i = begun; i < changes.length && changes[i]!.at < to; i++) {
    spend(changes[i]!.at);
    state = changes[i]!.state;
  }
  spend(to);
  return sum;
}

/** Where the first item stands of which it is true, as it is of all after it; the length when it is true of none. */
function firstIndex<T>(items: readonly T[], isTrue: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function kindOf(state: LifeState): 'up' | 'down' | 'apart' {
  if (state === 'online' || state === 'late') return 'up';
  return state === 'offline' ? 'down' : 'apart';
}

function overlap({ since, until }: Span, from: number, to: number): number {
  return Math.max(0, Math.min(until, to) - Math.max(since, from));
}
