import type { CompiledProfile, ValueRule } from '../../devices/profiles/compiled-profile.js';
import { checkedInstant, eventTime, type TimeRejection } from '../event-time.js';
import { keepFirst, type PartRejection } from '../part-rejection.js';
import { MAX_VALUES, readNumber, rejectWhole, tooMany, type ReadingSet, type ReadMessage } from '../payload-reader.js';
import { QUALITY_NUMBER } from '../quality.js';
import { tidy } from './arithmetic.js';

/** What a decoder has to know beside the message. */
export interface DecodingContext {
  /** Arrival, epoch ms: what timestamps are checked against. */
  readonly receivedAt: number;
  /** Time of values without one of their own, epoch ms, checked; that of arrival unless an envelope says better. */
  readonly instant: number;
  /** Whether the device has a sensor of this code: names that no profile explains are taken only then. */
  readonly knows: (code: string) => boolean;
}

/** State of the device that reading sets may hold without a sensor; ingestion knows what to do with it. */
const HEALTH = new Set(['battery_level', 'signal_strength']);

/** A set that is being filled. */
export interface OpenSet {
  readonly index: number;
  readonly instant: number;
  readonly quality: number;
  readonly seq?: number | undefined;
  readonly unit?: string | undefined;
  readonly values: Record<string, unknown>;
}

/** Gathers what a decoder finds in one message, within the bounds of every message. */
export class Decoded {
  private readonly sets: ReadingSet[] = [];
  private readonly rejections: PartRejection[] = [];
  private count = 0;

  constructor(
    readonly profile: CompiledProfile,
    readonly context: DecodingContext,
  ) {}

  /** A set at an instant (epoch ms, checked), which counts once it has a value. */
  open(index: number, instant: number, more: Partial<Pick<OpenSet, 'quality' | 'seq' | 'unit'>> = {}): OpenSet {
    const set = { index, instant, quality: QUALITY_NUMBER.good, ...more, values: {} };
    this.sets.push(set);
    return set;
  }

  /** A raw value that a rule of the profile is about. The first value of a code in a set stands. */
  take(set: OpenSet, rule: ValueRule, raw: unknown): void {
    if (raw === undefined || raw === null || Object.hasOwn(set.values, rule.code)) return;
    const value = valueBy(rule, raw);
    if (typeof value === 'string') this.reject(set.index, 'INVALID_VALUE', value, rule.code, set.instant);
    else this.put(set, rule.code, value);
  }

  /** A value by its name: as the profile says, else as it is where a sensor has that name. */
  takeNamed(set: OpenSet, names: ReadonlyMap<string, ValueRule>, name: string, raw: unknown, short = name): void {
    const rule = names.get(name) ?? names.get(short);
    if (rule !== undefined) return this.take(set, rule, raw);
    if (raw === undefined || raw === null) return;
    const code = [name, short].find((one) => this.context.knows(one) || HEALTH.has(one));
    if (code === undefined) this.unmapped(set.index, name, set.instant);
    else if (!Object.hasOwn(set.values, code)) this.put(set, code, typeof raw === 'boolean' ? Number(raw) : raw);
  }

  /** A field that the profile does not name. */
  unmapped(index: number, name: string, instant: number): void {
    if (!this.profile.rejectUnmapped) return;
    this.reject(index, 'UNKNOWN_METRIC', `the profile "${this.profile.code}" does not name it`, name, instant);
  }

  /** Refuses the message as a whole. */
  refuse(code: PartRejection['code'], reason: string): void {
    this.rejections.push({ index: null, metric: null, instant: null, code, reason });
  }

  /** Sets a part aside. */
  reject(
    index: number,
    code: PartRejection['code'],
    reason: string,
    metric: string | null,
    instant: number | null,
  ): void {
    this.rejections.push({ index, metric, instant, code, reason });
  }

  /** A timestamp that was not taken, with all that belongs to it. */
  rejectTime(index: number, rejection: TimeRejection): void {
    this.reject(index, rejection.code, rejection.reason, null, null);
  }

  /** The message as ingestion takes it; one in which nothing was found is refused as a whole. */
  finish(): ReadMessage {
    if (this.count > MAX_VALUES) return tooMany(this.count);
    const sets = this.sets.filter(({ values }) => {
      for (const _ in values) return true;
      return false;
    });
    if (sets.length + this.rejections.length === 0) {
      return rejectWhole('MALFORMED_PAYLOAD', `the profile "${this.profile.code}" finds no value in the message`);
    }
    return { sets, rejections: keepFirst(this.rejections) };
  }

  private put(set: OpenSet, code: string, value: unknown): void {
    // Beyond the limit only the number still matters.
    if (++this.count <= MAX_VALUES) set.values[code] = value;
  }
}

/** The value of a metric, or in words why there is none. */
export function valueBy(rule: ValueRule, raw: unknown): number | string {
  const word = rule.map && wordIn(rule.map, raw);
  if (word !== undefined) return word;
  const number = typeof raw === 'boolean' ? Number(raw) : readNumber(raw);
  if (Number.isNaN(number)) {
    return rule.map === undefined ? 'not a finite number' : 'neither a finite number nor a word that the profile knows';
  }
  if (number < (rule.min ?? -Infinity) || number > (rule.max ?? Infinity)) {
    return `${number} is a mark for "no value": the profile takes ${rule.min ?? 'any'} to ${rule.max ?? 'any'}`;
  }
  if (rule.factor === undefined && rule.offset === undefined) return number;
  const value = tidy(number * (rule.factor ?? 1) + (rule.offset ?? 0));
  return Number.isFinite(value) ? value : 'not a finite number once it is converted';
}

/** What a word, a number or a boolean stands for. */
export function wordIn<T>(words: ReadonlyMap<string, T>, raw: unknown): T | undefined {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean'
    ? words.get(String(raw))
    : undefined;
}

/** ISO 8601 that ends without an offset. */
const NO_OFFSET = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?$/;

/** Event time (epoch ms, checked) of a timestamp in the unit that a profile states. */
export function instantBy(unit: string, raw: unknown, receivedAt: number): number | TimeRejection {
  if (unit === 'auto') return eventTime(raw, receivedAt);
  if (unit === 'iso' || unit === 'iso_utc') {
    const text = typeof raw === 'string' ? raw : Number.NaN;
    return eventTime(unit === 'iso_utc' && NO_OFFSET.test(String(text)) ? `${text}Z` : text, receivedAt);
  }
  const number = readNumber(raw);
  if (Number.isNaN(number)) return { code: 'TIMESTAMP_INVALID', reason: 'timestamp must be a number' };
  if (unit === 'relative') return checkedInstant(receivedAt + number * 1000, receivedAt);
  return checkedInstant(unit === 's' ? Math.round(number * 1e6) / 1e3 : number, receivedAt);
}
