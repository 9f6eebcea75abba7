import type { RejectCode } from '../../src/readings/reject-code.js';

/** Something that a device should not send; its sensors are `water_level_cm` and `rainfall_mm`. */
export interface BadInput {
  readonly name: string;
  /** Made for an instant (epoch ms) of its own, in case that a part of it can be stored. */
  readonly payload: (at: number) => string | Buffer;
  /** Status and code of the problem, where HTTP refuses the body as a whole. */
  readonly refused?: readonly [400 | 413 | 422, string];
  /** What stands in the list of rejections afterwards, always for MQTT and otherwise unless HTTP refused the body. */
  readonly rejected: readonly RejectCode[];
  /** Values of `water_level_cm` that are stored nevertheless. */
  readonly stored?: readonly number[];
}

const MEBIBYTE = 1024 * 1024;
const NOT_JSON = [400, 'MALFORMED_BODY'] as const;
const TOO_LARGE = [413, 'PAYLOAD_TOO_LARGE'] as const;
const TOO_MANY = [422, 'TOO_MANY_VALUES'] as const;

const level = (json: string) => (at: number) => `{"timestamp":${at},"values":{"water_level_cm":${json}}}`;
const values = (json: string) => (at: number) => `{"timestamp":${at},"values":${json}}`;
const timed = (json: string) => () => `{"timestamp":${json},"values":{"water_level_cm":1}}`;
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const listed = (length: number, item: (i: number) => string) => Array.from({ length }, (_, i) => item(i)).join();

const bad = (name: string, payload: BadInput['payload'], rejected: RejectCode | readonly RejectCode[]): BadInput => ({
  name,
  payload,
  rejected: typeof rejected === 'string' ? [rejected] : rejected,
});
const refused = (
  name: string,
  payload: BadInput['payload'],
  answer: NonNullable<BadInput['refused']>,
  rejected: RejectCode = 'MALFORMED_PAYLOAD',
): BadInput => ({ name, payload, refused: answer, rejected: [rejected] });
const partly = (input: BadInput, ...stored: number[]): BadInput => ({ ...input, stored });

const NOT_READABLE: BadInput[] = [
  refused('broken JSON', () => '{"values":{"water_level_cm":1', NOT_JSON),
  refused('NaN', level('NaN'), NOT_JSON),
  refused('nothing', () => '', NOT_JSON),
  refused('text', () => '"high water"', NOT_JSON),
  refused('a number', () => '42', NOT_JSON),
  refused('null', () => 'null', NOT_JSON),
  refused('a hundred NULs', () => Buffer.alloc(100), NOT_JSON),
  refused('NUL in the middle', values('{"water\0level":1}'), NOT_JSON),
  refused('bytes that are no text', () => Buffer.alloc(3_000, 0xff), NOT_JSON),
  refused('UTF-16', (at) => Buffer.from(level('1')(at), 'utf16le'), NOT_JSON),
  refused('10 MB', () => Buffer.alloc(10_000_000, 'x'), TOO_LARGE),
  refused('a byte over a mebibyte', () => Buffer.alloc(MEBIBYTE + 1, ' '), TOO_LARGE),
];

const WRONG_TYPES: BadInput[] = [
  bad('an empty object', () => '{}', 'MALFORMED_PAYLOAD'),
  bad('an empty list', () => '[]', 'MALFORMED_PAYLOAD'),
  bad('values in a list', values('[1,2]'), 'MALFORMED_PAYLOAD'),
  bad('values as text', values('"45.5"'), 'MALFORMED_PAYLOAD'),
  bad('a list of garbage', () => '[1,"a",null,[],{},true]', Array<RejectCode>(6).fill('MALFORMED_PAYLOAD')),
  bad('a sequence number that is none', () => '{"seq":-1.5,"water_level_cm":1}', 'MALFORMED_PAYLOAD'),
  bad('a quality that does not exist', () => '{"quality":"fine","water_level_cm":1}', 'MALFORMED_PAYLOAD'),
  bad('SenML of wrong types', () => '[{"bn":5,"n":"water_level_cm","v":1}]', 'MALFORMED_PAYLOAD'),
  ...['"high"', 'null', 'true', '{"v":1}', '[1]', '"NaN"', '"Infinity"', '"0x10"', '"12,5"', '""'].map((json) =>
    bad(`the value ${json}`, level(json), 'INVALID_VALUE'),
  ),
  partly(
    bad(
      'a bad value beside a good one',
      (at) => `[{"timestamp":${at},"water_level_cm":"x"},{"timestamp":${at},"water_level_cm":7}]`,
      'INVALID_VALUE',
    ),
    7,
  ),
];

const TIMES: BadInput[] = [
  ...[
    '"1970-01-01T00:00:00Z"',
    '0',
    '-1',
    '"2090-01-01T00:00:00Z"',
    '3786912000',
    '3786912000000',
    '1e300',
    '1e999',
  ].map((json) => bad(`the time ${json}`, timed(json), 'TIMESTAMP_OUT_OF_RANGE')),
  ...['"yesterday"', '"2026-03-01T00:00:00"', '"2026-02-30T00:00:00Z"', 'true', '{}', `"${'9'.repeat(5_000)}"`].map(
    (json) => bad(`the time ${json.slice(0, 30)}`, timed(json), 'TIMESTAMP_INVALID'),
  ),
];

const NUMBERS: BadInput[] = [
  bad('a number that is too large for any', level('1e400'), 'INVALID_VALUE'),
  bad('a number of 400 digits', level('1'.repeat(400)), 'INVALID_VALUE'),
  partly(bad('the largest number', level('1.7976931348623157e308'), []), Number.MAX_VALUE),
  partly(bad('the smallest number', level('5e-324'), []), Number.MIN_VALUE),
  partly(bad('minus zero', level('-0'), []), 0),
];

const NAMES: BadInput[] = [
  bad('an unknown metric', values('{"salinity":1}'), 'UNKNOWN_METRIC'),
  bad('a metric of 5,000 letters', (at) => `{"timestamp":${at},"${'x'.repeat(5_000)}":1}`, 'UNKNOWN_METRIC'),
  bad('a metric with NUL', values('{"water\\u0000level":1}'), 'UNKNOWN_METRIC'),
  bad('a metric of half a character', values('{"\\ud800":1}'), 'UNKNOWN_METRIC'),
  bad(
    'a metric that is no UTF-8',
    (at) => Buffer.from(values('{"\xff\xfe\xc0\x80":1}')(at), 'latin1'),
    'UNKNOWN_METRIC',
  ),
  bad('names of the language', values('{"constructor":1,"toString":2}'), ['UNKNOWN_METRIC', 'UNKNOWN_METRIC']),
  bad('a prototype', (at) => `{"timestamp":${at},"__proto__":{"water_level_cm":7}}`, 'MALFORMED_PAYLOAD'),
  partly(bad('the same metric twice', values('{"water_level_cm":1,"water_level_cm":2}'), []), 2),
  bad('the same key twice', (at) => `{"timestamp":${at},"timestamp":0,"water_level_cm":1}`, 'TIMESTAMP_OUT_OF_RANGE'),
  partly(
    bad(
      'two values for one instant',
      (at) => `[{"timestamp":${at},"water_level_cm":3},{"timestamp":${at},"water_level_cm":4}]`,
      'CONFLICTING_VALUE',
    ),
    3,
  ),
];

const SIZES: BadInput[] = [
  refused('10,000 values', values(`{${listed(10_000, (i) => `"m${i}":1`)}}`), TOO_MANY, 'TOO_MANY_VALUES'),
  refused(
    '10,000 sets',
    (at) => `[${listed(10_000, (i) => `{"timestamp":${at + i},"water_level_cm":1}`)}]`,
    TOO_MANY,
    'TOO_MANY_VALUES',
  ),
  refused(
    '10,000 SenML records',
    (at) => `[${listed(10_000, (i) => `{"n":"water_level_cm","t":${at / 1000 + i},"v":1}`)}]`,
    TOO_MANY,
    'TOO_MANY_VALUES',
  ),
  refused('half a million numbers', () => `[${'1,'.repeat(500_000)}1]`, TOO_MANY, 'TOO_MANY_VALUES'),
  bad('5,000 levels of lists', () => nested('[', ']', 5_000), 'MALFORMED_PAYLOAD'),
  bad('500,000 levels of lists', () => nested('[', ']', 500_000), 'MALFORMED_PAYLOAD'),
  bad('100,000 levels of objects', values(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), 'UNKNOWN_METRIC'),
  bad('a value of 500,000 levels', level(nested('[', ']', 500_000)), 'INVALID_VALUE'),
  bad('a time of 500,000 levels', timed(nested('[', ']', 500_000)), 'TIMESTAMP_INVALID'),
];

/** What may come in at any door, and what is to become of it. */
export const BAD_INPUTS: readonly BadInput[] = [
  ...NOT_READABLE,
  ...WRONG_TYPES,
  ...TIMES,
  ...NUMBERS,
  ...NAMES,
  ...SIZES,
];

/** Bad messages of about a megabyte, each for another reason; they differ from round to round. */
export function largeInputs(round: number): string[] {
  const filler = String(round % 10).repeat(MEBIBYTE - 100);
  return [
    `{"values":{"water_level_cm":${filler}`,
    `{"values":{"water_level_cm":"${filler}"}}`,
    `{"${filler}":1}`,
    `[${'1,'.repeat(MEBIBYTE / 2 - 100)}1]`,
    `[${listed(5_000, (i) => `{"timestamp":"${'x'.repeat(150)}","m${i}":1}`)}]`,
    nested('[', ']', 100_000) + filler.replaceAll(/./g, ' ').slice(200_000),
  ];
}
