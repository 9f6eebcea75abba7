import { describe, expect, it } from 'vitest';
import { keepFirst } from './part-rejection.js';
import { MAX_VALUES, readNumber, readPayload } from './payload-reader.js';
import { QUALITY_NUMBER } from './quality.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const read = (json: unknown) => readPayload(Buffer.from(JSON.stringify(json)), NOW);
const codes = (json: unknown) => read(json).rejections.map(({ code }) => code);

describe('readPayload', () => {
  it('reads one set with values, at the time of arrival without a timestamp', () => {
    expect(read({ values: { water_level_cm: 45.5 } }).sets).toEqual([
      { index: 0, instant: NOW, quality: QUALITY_NUMBER.good, values: { water_level_cm: 45.5 } },
    ]);
  });

  it('reads metrics at the top level, also beside values', () => {
    const [set] = read({ timestamp: NOW, rainfall_mm: 1, values: { water_level_cm: 2 } }).sets;
    expect(set?.values).toEqual({ rainfall_mm: 1, water_level_cm: 2 });
  });

  it('does not take Nest’s envelope keys for an envelope', () => {
    expect(read({ id: 7, data: 1 }).sets[0]?.values).toEqual({ id: 7, data: 1 });
  });

  it('keeps the good sets of a list and names the bad ones by their place', () => {
    const { sets, rejections } = read([{ values: { a: 1 } }, 5, { timestamp: 'yesterday', values: { a: 1 } }, {}]);
    expect(sets.map(({ index }) => index)).toEqual([0]);
    expect(rejections.map(({ index, code }) => [index, code])).toEqual([
      [1, 'MALFORMED_PAYLOAD'],
      [2, 'TIMESTAMP_INVALID'],
      [3, 'MALFORMED_PAYLOAD'],
    ]);
  });

  it('rejects what is not JSON as a whole, with the parser’s reason', () => {
    const { sets, rejections } = readPayload(Buffer.from('{"values":{"a":NaN}}'), NOW);
    expect(sets).toEqual([]);
    expect(rejections).toMatchObject([{ index: null, code: 'MALFORMED_PAYLOAD' }]);
  });

  it('rejects a message without any value', () => {
    for (const json of [{}, [], { values: {} }, [{ bn: 'urn:dev:1:' }]])
      expect(codes(json)).toEqual(['MALFORMED_PAYLOAD']);
    expect(readPayload(Buffer.alloc(0), NOW).rejections).toMatchObject([{ code: 'MALFORMED_PAYLOAD' }]);
  });

  it('takes a byte order mark before the JSON, as HTTP does', () => {
    const { sets } = readPayload(Buffer.from('\ufeff{"values":{"a":1}}'), NOW);
    expect(sets[0]?.values).toEqual({ a: 1 });
  });

  it('keeps the first hundred rejections of a message and counts the others', () => {
    const { sets, rejections } = read([...Array.from({ length: 499 }, () => 7), { timestamp: true, a: 1 }, { a: 1 }]);
    expect(sets.map(({ index }) => index)).toEqual([500]);
    expect(rejections).toHaveLength(101);
    expect(rejections[99]).toMatchObject({ index: 99, code: 'MALFORMED_PAYLOAD' });
    expect(rejections[100]).toMatchObject({
      index: 100,
      count: 400,
      reason: expect.stringMatching(/^400 further parts/),
    });
    expect(keepFirst([...rejections, ...rejections])[100]).toMatchObject({ count: 900 });
  });

  it('takes a quality that the device states, and only one that exists', () => {
    expect(read({ quality: 'estimated', values: { a: 1 } }).sets[0]?.quality).toBe(QUALITY_NUMBER.estimated);
    expect(codes({ quality: 'splendid', values: { a: 1 } })).toEqual(['MALFORMED_PAYLOAD']);
  });

  it('takes at most 5,000 values, however they are spread', () => {
    const values = Object.fromEntries(Array.from({ length: MAX_VALUES }, (_, i) => [`m${i}`, i]));
    expect(read({ values }).rejections).toEqual([]);
    expect(codes({ values, more: 1 })).toEqual(['TOO_MANY_VALUES']);
    expect(codes(Array.from({ length: MAX_VALUES + 1 }, () => ({ a: 1 })))).toEqual(['TOO_MANY_VALUES']);
  });
});

describe('timestamps', () => {
  const instantOf = (timestamp: unknown) => read({ timestamp, values: { a: 1 } }).sets[0]?.instant;

  it('may be RFC 3339, epoch seconds or epoch milliseconds, and are cut to milliseconds', () => {
    const expected = Date.UTC(2026, 2, 1, 6, 15);
    expect(instantOf('2026-03-01T06:15:00Z')).toBe(expected);
    expect(instantOf('2026-03-01T07:15:00.000999+01:00')).toBe(expected);
    expect(instantOf('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29));
    expect(instantOf(expected / 1000)).toBe(expected);
    expect(instantOf(expected + 0.9)).toBe(expected);
  });

  it.each([['2026-03-01T06:15:00'], ['01.03.2026'], [true], ['2026-13-41T06:15:00Z'], ['2026-02-29T06:15:00Z']])(
    '%s is not one',
    (timestamp) => {
      expect(codes({ timestamp, values: { a: 1 } })).toEqual(['TIMESTAMP_INVALID']);
    },
  );

  it.each([['1970-01-01T00:00:00Z'], ['1999-12-31T23:59:59.999Z'], ['2090-01-01T00:00:00Z'], [0], [-1e300], [1e300]])(
    '%s is out of range',
    (timestamp) => {
      expect(codes({ timestamp, values: { a: 1 } })).toEqual(['TIMESTAMP_OUT_OF_RANGE']);
    },
  );

  it('may run ahead of ours by 15 minutes', () => {
    expect(instantOf(NOW + 900_000)).toBe(NOW + 900_000);
    expect(codes({ timestamp: NOW + 900_001, values: { a: 1 } })).toEqual(['TIMESTAMP_OUT_OF_RANGE']);
  });
});

describe('readNumber', () => {
  it.each([
    [45.5, 45.5],
    ['45.5', 45.5],
    [' -3 ', -3],
    ['1e3', 1000],
  ])('%j counts as %d', (value, number) => expect(readNumber(value)).toBe(number));

  it.each([['NaN'], ['Infinity'], [''], ['0x10'], ['12,5'], [true], [null], [{}], [[1]], [Infinity], ['1e999']])(
    '%j is not a number',
    (value) => expect(readNumber(value)).toBeNaN(),
  );
});
