import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLiveCursor, encodeLiveCursor } from './live-cursor.js';
import { comparePlaces, placeAfter, placeBefore } from './live-place.js';

const OWN = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';
const OTHER = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e41';
const place = fc.record({ row: fc.nat(2 ** 40), inside: fc.nat(1e6) });

describe('a live cursor', () => {
  it('says what was put in, whether or not it was told late', () => {
    fc.assert(
      fc.property(place, fc.option(place), fc.option(place), (one, other, told) => {
        const ordered = other === null || comparePlaces(other, one) <= 0;
        const cursor = ordered ? { place: one, waiting: other } : { place: other, waiting: one };
        const text = encodeLiveCursor(OWN, cursor, told ?? undefined);
        expect(text).toMatch(/^[\w-]{1,200}$/);
        expect(decodeLiveCursor(text, OWN)).toEqual(cursor);
      }),
    );
  });

  it('belongs to one municipality', () => {
    const text = encodeLiveCursor(OWN, { place: { row: 1, inside: 0 }, waiting: null });
    expect(() => decodeLiveCursor(text, OTHER)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });

  it.each([
    '',
    'x',
    '2b7c9e40',
    '2b7c9e40.1',
    '2b7c9e40.1.x',
    '2b7c9e40.-1.0',
    '2b7c9e40.1.0.5.0',
    '2b7c9e40.1.0~',
    '2b7c9e40.1.0;',
  ])('is refused when it holds "%s"', (inside) => {
    const text = Buffer.from(inside).toString('base64url');
    expect(() => decodeLiveCursor(text, OWN)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});

describe('places', () => {
  it('follow each other through the readings of a row', () => {
    const places = [0, 1, 2].flatMap((i) => [placeBefore(7, i), placeAfter(7, i, 3)]);
    expect(places).toEqual([
      { row: 6, inside: 0 },
      { row: 6, inside: 1 },
      { row: 6, inside: 1 },
      { row: 6, inside: 2 },
      { row: 6, inside: 2 },
      { row: 7, inside: 0 },
    ]);
  });
});
