import { z } from 'zod';

/** A list of words in a query: `a,b`, or the parameter given more than once. */
export function queryListSchema<T extends string>(words: readonly T[]) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(z.enum(words)).min(1));
}

/** Whether a range `[from, to)` can hold anything; an end that is not given is open. */
export function isOrdered(range: { readonly from?: Date; readonly to?: Date }): boolean {
  return range.from === undefined || range.to === undefined || range.from < range.to;
}

/** What to say of a range where {@link isOrdered} does not hold. */
export const NOT_ORDERED = { path: ['to'], error: 'must be later than `from`' };
