import type { z } from 'zod';
import { BadRequestError } from '../errors/errors.js';

/** The values of the order-by columns at the end of a page. */
export type CursorKey = readonly (string | number | null)[];

/** Packs a sort key into an opaque cursor (base64url). */
export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
}

/**
 * Unpacks a cursor and checks that it fits the list, since callers can send anything.
 * @throws BadRequestError `CURSOR_INVALID`
 */
export function decodeCursor<T>(cursor: string, keySchema: z.ZodType<T>): T {
  const key = keySchema.safeParse(parse(cursor));
  if (!key.success) throw invalidCursor(key.error);
  return key.data;
}

function parse(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) throw invalidCursor();
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw invalidCursor(cause);
  }
}

function invalidCursor(cause?: unknown): BadRequestError {
  return new BadRequestError('CURSOR_INVALID', 'The cursor is not one of this list.', { cause });
}
