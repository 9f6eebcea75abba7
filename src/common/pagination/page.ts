import { z } from 'zod';
import { decodeCursor, encodeCursor, type CursorKey } from './cursor.js';

export const DEFAULT_PAGE_LIMIT = 50;
export const MAX_PAGE_LIMIT = 500;
const MAX_CURSOR_LENGTH = 1024;

/** `?limit=&cursor=` of every list; extend it with the list's own filters. Other parameters are refused. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE_LIMIT)
    .default(DEFAULT_PAGE_LIMIT)
    .describe(`How many items at most, up to ${MAX_PAGE_LIMIT}`),
  cursor: z.string().min(1).max(MAX_CURSOR_LENGTH).optional().describe('`meta.page.nextCursor` of the page before'),
});

/** What a list needs to know about the page that is asked for. */
export type PageQuery = z.infer<typeof pageQuerySchema>;

/** One page of a list; controllers return it and the envelope puts `limit` and `nextCursor` into `meta.page`. */
export class Page<T> {
  constructor(
    readonly items: readonly T[],
    readonly limit: number,
    readonly nextCursor: string | null,
  ) {}

  /** The same page with other items, for mapping entities to responses. */
  map<U>(toItem: (item: T) => U): Page<U> {
    return new Page(this.items.map(toItem), this.limit, this.nextCursor);
  }
}

/**
 * Makes a page out of `limit + 1` fetched rows: the extra one only tells that there are more.
 * `keyOf` gives the sort key of a row, in the order of the list's order-by; it has to be unique.
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => CursorKey): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return new Page(items, limit, rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null);
}

/**
 * The sort key after which the page starts, checked against the list's own key schema; undefined for the first page.
 * @throws BadRequestError `CURSOR_INVALID`
 */
export function startAfter<T>(query: PageQuery, keySchema: z.ZodType<T>): T | undefined {
  return query.cursor === undefined ? undefined : decodeCursor(query.cursor, keySchema);
}
