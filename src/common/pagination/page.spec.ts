import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';
import { Page, pageOf, pageQuerySchema, startAfter } from './page.js';

const keySchema = z.tuple([z.iso.datetime(), z.number()]);

describe('pageQuerySchema', () => {
  it.each([
    [{}, 50],
    [{ limit: '1' }, 1],
    [{ limit: '500' }, 500],
  ])('reads %j', (query, limit) => {
    expect(pageQuerySchema.parse(query).limit).toBe(limit);
  });

  it.each([
    { limit: '0' },
    { limit: '501' },
    { limit: '1.5' },
    { limit: 'x' },
    { limit: '-1' },
    { cursor: '' },
    { cursor: 'x'.repeat(1025) },
  ])('refuses %j', (query) => {
    expect(pageQuerySchema.safeParse(query).success).toBe(false);
  });
});

describe('pageOf', () => {
  const rows = [3, 2, 1];

  it('points to the next page when there is one more row than asked for', () => {
    const page = pageOf(rows, 2, (row) => [row]);
    expect(page.items).toEqual([3, 2]);
    expect(decodeCursor(page.nextCursor ?? '', z.tuple([z.number()]))).toEqual([2]);
  });

  it('ends the list when there is none', () => {
    expect(pageOf(rows, 3, (row) => [row])).toEqual(new Page(rows, 3, null));
    expect(pageOf([], 3, () => [0])).toEqual(new Page([], 3, null));
  });

  it('maps its items', () => {
    expect(pageOf(rows, 3, (row) => [row]).map(String).items).toEqual(['3', '2', '1']);
  });
});

describe('cursor', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null))), (key) => {
        const schema = z.array(z.union([z.string(), z.number(), z.null()]));
        expect(decodeCursor(encodeCursor(key), schema)).toEqual(key);
      }),
    );
  });

  it.each([
    '!!',
    'AAAA',
    encodeCursor(['x']),
    encodeCursor(['2026-01-01T00:00:00Z']),
    encodeCursor([1, 2]),
    '%00',
    'bnVsbA',
  ])('answers 400 to the garbage %j', (cursor) => {
    expect(() => startAfter({ limit: 1, cursor }, keySchema)).toThrow(
      expect.objectContaining({ kind: 'bad_request', code: 'CURSOR_INVALID' }),
    );
  });

  it('is absent on the first page', () => {
    expect(startAfter({ limit: 1 }, keySchema)).toBeUndefined();
  });
});
