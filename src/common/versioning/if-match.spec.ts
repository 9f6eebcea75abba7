import { describe, expect, it } from 'vitest';
import { entityTagOf, parseIfMatch } from './if-match.js';

describe('If-Match', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    [' * ', undefined],
    ['"3"', 3],
    ['W/"3"', 3],
    [' "12" ', 12],
    ['"3", W/"4" ,"5"', [3, 4, 5]],
    [', "3",, "4",', [3, 4]],
    [',"3",', 3],
    ['"other,tag", "3"', [3]],
    ['"other"', []],
    ['""', []],
    ['"0"', []],
    ['"03"', []],
    ['"-1"', []],
    ['"99999999999999999999"', []],
  ])('%s asks for %s', (header, expected) => {
    expect(parseIfMatch(header)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    ',',
    '3',
    'abc',
    '"3',
    '3"',
    '"3" "4"',
    'w/"3"',
    'W/3',
    '"3", *',
    '*, "3"',
    '"a b"',
    "'3'",
    '"3"4',
  ])('is malformed: %s', (header) => {
    expect(() => parseIfMatch(header)).toThrow(
      expect.objectContaining({ kind: 'bad_request', code: 'IF_MATCH_INVALID' }),
    );
  });

  it('reads the longest header that a server takes in a time that does not matter', () => {
    const separators = `"1"${' ,'.repeat(8_000)}"2"`;
    expect(parseIfMatch(separators)).toEqual([1, 2]);
    expect(() => parseIfMatch(`"1"${' '.repeat(16_000)}x`)).toThrow('If-Match');
  });

  it('is the tag that answers carry', () => {
    expect(parseIfMatch(entityTagOf(7))).toBe(7);
  });
});
