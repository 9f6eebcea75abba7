import type { ValueRule } from '../../devices/profiles/compiled-profile.js';
import { MAX_VALUES } from '../payload-reader.js';
import { readSenml } from '../senml-reader.js';
import { instantBy, type Decoded, type OpenSet } from './decoded.js';

type Names = ReadonlyMap<string, ValueRule>;
type Json = Record<string, unknown>;

/** A SenML pack (RFC 8428) whose names the profile explains. */
export function decodeSenml(json: unknown, names: Names, out: Decoded): void {
  if (!Array.isArray(json)) return out.refuse('MALFORMED_PAYLOAD', 'a SenML pack is a list of records');
  if (json.length > MAX_VALUES) return tooManyItems(json.length, out);
  const { readings, rejections, problem } = readSenml(json, out.context.receivedAt);
  if (problem !== undefined) return out.refuse('MALFORMED_PAYLOAD', problem);
  for (const { index, reason, code, metric, instant } of rejections) out.reject(index!, code, reason, metric, instant);
  for (const { index, name, metric, instant, unit, value } of readings) {
    const rule = names.get(name) ?? names.get(metric);
    // Who converts a value by a factor has its unit in mind already.
    const converted = rule?.factor !== undefined || rule?.offset !== undefined;
    out.takeNamed(out.open(index, instant, { unit: converted ? undefined : unit }), names, name, value, metric);
  }
}

/** What ThingsBoard takes as telemetry: `{key: value}`, `{ts, values: {key: value}}`, or a list of them; ts in ms. */
export function decodeThingsboard(json: unknown, names: Names, out: Decoded): void {
  const items: unknown[] = Array.isArray(json) ? json : [json];
  if (items.length > MAX_VALUES) return tooManyItems(items.length, out);
  items.forEach((item, index) => {
    if (!isObject(item)) return out.reject(index, 'MALFORMED_PAYLOAD', 'telemetry is an object', null, null);
    const timed = 'ts' in item && isObject(item['values']);
    const instant = timed ? instantBy('ms', item['ts'], out.context.receivedAt) : out.context.instant;
    if (typeof instant === 'object') return out.rejectTime(index, instant);
    decodeNamed(out.open(index, instant), timed ? (item['values'] as Json) : item, names, out);
  });
}

/** Every member of an object as a value by its name. */
export function decodeNamed(set: OpenSet, object: Json, names: Names, out: Decoded): void {
  for (const name of Object.keys(object)) out.takeNamed(set, names, name, object[name]);
}

/** Fields that hold the value of a metric: `value`, and those of the JSON form of Sparkplug's own messages. */
const VALUE_FIELDS = [
  ...['value', 'doubleValue', 'floatValue', 'intValue', 'longValue', 'booleanValue', 'stringValue'],
  ...['double_value', 'float_value', 'int_value', 'long_value', 'boolean_value', 'string_value'],
];

/**
 * The JSON form of a Sparkplug payload: `{timestamp, metrics: [{name, timestamp, value}], seq}`, times in ms. A metric
 * without a name (only an alias, from a birth certificate that is not kept) says nothing here. Its `seq` counts from 0 to
 * 255 and over again, so it is no counter of messages.
 */
export function decodeSparkplug(json: unknown, names: Names, out: Decoded): void {
  const metrics: unknown = isObject(json) ? json['metrics'] : undefined;
  if (!isObject(json) || !Array.isArray(metrics)) {
    return out.refuse('MALFORMED_PAYLOAD', 'a Sparkplug payload has a list of metrics');
  }
  if (metrics.length > MAX_VALUES) return tooManyItems(metrics.length, out);
  const sets = new Map<number, OpenSet>();
  (metrics as unknown[]).forEach((metric, index) => {
    const name = isObject(metric) ? metric['name'] : undefined;
    if (!isObject(metric) || typeof name !== 'string') return;
    const time = metric['timestamp'] ?? json['timestamp'];
    const { receivedAt } = out.context;
    const instant = time === undefined || time === null ? out.context.instant : instantBy('ms', time, receivedAt);
    if (typeof instant === 'object') return out.rejectTime(index, instant);
    const set = sets.get(instant) ?? out.open(index, instant);
    sets.set(instant, set);
    const field = VALUE_FIELDS.find((one) => metric[one] !== undefined);
    out.takeNamed(set, names, name, field && metric[field], name.slice(name.lastIndexOf('/') + 1));
  });
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooManyItems(count: number, out: Decoded): void {
  out.refuse('TOO_MANY_VALUES', `${count} items in one message, at most ${MAX_VALUES} are taken`);
}
