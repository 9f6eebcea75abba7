/**
 * How much of a municipality's log was passed: all rows up to and including `row`, and the first `inside` readings of
 * the row after it.
 */
export interface Place {
  readonly row: number;
  readonly inside: number;
}

/** Negative when `one` is before `other`, zero when they are the same. */
export function comparePlaces(one: Place, other: Place): number {
  return one.row - other.row || one.inside - other.inside;
}

/** The place before the reading number `index` (from 0) of a row. */
export function placeBefore(row: number, index: number): Place {
  return { row: row - 1, inside: index };
}

/** The place after the reading number `index` (from 0) of a row that has `count` of them. */
export function placeAfter(row: number, index: number, count: number): Place {
  return index + 1 === count ? { row, inside: 0 } : { row: row - 1, inside: index + 1 };
}

export function earlierPlace(one: Place, other: Place): Place {
  return comparePlaces(one, other) <= 0 ? one : other;
}

export function laterPlace(one: Place, other: Place): Place {
  return comparePlaces(one, other) >= 0 ? one : other;
}
