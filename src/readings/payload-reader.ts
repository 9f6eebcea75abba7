import { eventTime } from './event-time.js';
import { keepFirst, type PartRejection } from './part-rejection.js';
import { QUALITY_NUMBER } from './quality.js';
import { readingSetSchema, type RawReadingSet } from './reading-set.schema.js';
import type { RejectCode } from './reject-code.js';
import { isSenml } from './senml.js';
import { readSenml } from './senml-reader.js';

/** Values in one message at most, on every transport. */
export const MAX_VALUES = 5_000;

/** A reading set with its time read; its values are not looked at yet. */
export interface ReadingSet {
  /** Place in the message's list, from 0. */
  readonly index: number;
  /** Epoch milliseconds. */
  readonly instant: number;
  /** Counter of the device's messages, where it sends one. */
  readonly seq?: number | undefined;
  /** Stored number of the quality that the device states. */
  readonly quality: number;
  /** Payload key → value, as sent. */
  readonly values: Record<string, unknown>;
  /** Unit that the device states for them (SenML); undefined: that of the sensor. */
  readonly unit?: string | undefined;
}

/** What a message says, and what of it cannot be read. */
export interface ReadMessage {
  readonly sets: readonly ReadingSet[];
  readonly rejections: readonly PartRejection[];
}

/** Keys of a reading set that are not metrics. */
const SET_KEYS = new Set(['timestamp', 'seq', 'values', 'quality']);

/** Rejects the message as a whole. */
export function rejectWhole(code: RejectCode, reason: string): ReadMessage {
  return { sets: [], rejections: [{ index: null, metric: null, instant: null, code, reason }] };
}

/**
 * Reads the bytes of a message: JSON of one set, a list of sets, or a SenML pack. Never throws. Many messages are in
 * memory at once, so of many rejections in one only the first are kept.
 */
export function readPayload(payload: Buffer, receivedAt: number): ReadMessage {
  const parsed = parseJson(payload);
  if (parsed.problem !== undefined) return rejectWhole('MALFORMED_PAYLOAD', parsed.problem);
  const { sets, rejections } = readJson(parsed.json, receivedAt);
  return { sets, rejections: keepFirst(rejections) };
}

/** The JSON in some bytes, or what is wrong with them. */
export function parseJson(payload: Buffer): { readonly json?: unknown; readonly problem?: string } {
  try {
    return { json: JSON.parse(withoutMark(payload.toString('utf8'))) };
  } catch (error) {
    return { problem: `not JSON: ${(error as Error).message}`.slice(0, 300) };
  }
}

/** Some systems write a byte order mark before the text; HTTP takes it too. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Reads parsed JSON in the same way. Never throws. */
export function readJson(json: unknown, receivedAt: number): ReadMessage {
  return Array.isArray(json) ? readList(json as unknown[], receivedAt) : readOne(json, receivedAt);
}

const NOTHING_REJECTED: readonly PartRejection[] = [];

function readOne(json: unknown, receivedAt: number): ReadMessage {
  const set = readSet(json, 0, receivedAt);
  if ('code' in set) return { sets: [], rejections: [set] };
  const count = countOf(set.values);
  return count > MAX_VALUES ? tooMany(count) : { sets: [set], rejections: NOTHING_REJECTED };
}

function readList(items: readonly unknown[], receivedAt: number): ReadMessage {
  if (items.length > MAX_VALUES) return tooMany(items.length);
  if (isSenml(items)) return readPack(items, receivedAt);
  const sets: ReadingSet[] = [];
  const rejections: PartRejection[] = [];
  let count = 0;
  for (let index = 0; index < items.length; index++) {
    const set = readSet(items[index], index, receivedAt);
    if ('code' in set) rejections.push(set);
    else {
      sets.push(set);
      count += countOf(set.values);
    }
  }
  if (count > MAX_VALUES) return tooMany(count);
  if (sets.length + rejections.length === 0) return rejectWhole('MALFORMED_PAYLOAD', 'no values');
  return { sets, rejections };
}

/** One set per record: each has a time of its own. The metric is the last part of the record's name. */
function readPack(items: readonly unknown[], receivedAt: number): ReadMessage {
  const { readings, rejections, problem } = readSenml(items, receivedAt);
  if (readings === undefined) return rejectWhole('MALFORMED_PAYLOAD', problem);
  if (readings.length + rejections.length === 0) return rejectWhole('MALFORMED_PAYLOAD', 'no values');
  const sets = readings.map(({ index, instant, metric, value, unit }) => {
    return { index, instant, quality: QUALITY_NUMBER.good, values: { [metric]: value }, unit };
  });
  return { sets, rejections };
}

function countOf(values: Record<string, unknown>): number {
  let count = 0;
  for (const _ in values) count++;
  return count;
}

/** Rejects a message with more values than are taken. */
export function tooMany(count: number): ReadMessage {
  return rejectWhole('TOO_MANY_VALUES', `${count} values in one message, at most ${MAX_VALUES} are taken`);
}

function readSet(item: unknown, index: number, receivedAt: number): ReadingSet | PartRejection {
  // Garbage of one letter each comes by the million; the schema would need seconds to say what it thinks of it.
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { index, metric: null, instant: null, code: 'MALFORMED_PAYLOAD', reason: 'not a reading set' };
  }
  const parsed = readingSetSchema.safeParse(item);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const place = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    return { index, metric: null, instant: null, code: 'MALFORMED_PAYLOAD', reason: `${place}${issue.message}` };
  }
  const instant = eventTime(parsed.data.timestamp, receivedAt);
  if (typeof instant === 'object') return { index, metric: null, instant: null, ...instant };
  const values = valuesOf(parsed.data);
  for (const _ in values) {
    const { quality, seq } = parsed.data;
    return { index, instant, seq, quality: QUALITY_NUMBER[quality ?? 'good'], values };
  }
  return { index, metric: null, instant, code: 'MALFORMED_PAYLOAD', reason: 'no values' };
}

/** All metrics of a set: those under `values` and those at the top level. */
function valuesOf(set: RawReadingSet): Record<string, unknown> {
  let values: Record<string, unknown> | undefined = set.values;
  for (const key in set) {
    if (SET_KEYS.has(key)) continue;
    if (values === undefined || values === set.values) values = { ...set.values };
    values[key] = set[key];
  }
  return values ?? {};
}

/** A number as devices send it: a JSON number, or a decimal in a JSON string; NaN for anything else. */
export function readNumber(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) return Number.NaN;
  const number = Number(value);
  return Number.isFinite(number) ? number : Number.NaN;
}
