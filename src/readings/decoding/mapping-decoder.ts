import type { CompiledMapping } from '../../devices/profiles/compiled-profile.js';
import { valueAt, type SingularPath } from '../../devices/profiles/json-path.js';
import { MAX_VALUES } from '../payload-reader.js';
import { QUALITY_NUMBER } from '../quality.js';
import { instantBy, wordIn, type Decoded } from './decoded.js';

/** Paths that are followed for one message at most, all records together: some milliseconds. */
const MAX_LOOKUPS = 100_000;

/** Reads JSON by the paths of a profile. */
export function decodeMapping(json: unknown, mapping: CompiledMapping, out: Decoded): void {
  const records = recordsOf(json, mapping);
  if (records.length > MAX_VALUES || records.length * mapping.values.length > MAX_LOOKUPS) {
    const limit = Math.min(MAX_VALUES, Math.floor(MAX_LOOKUPS / mapping.values.length));
    const reason = `${records.length} records in one message, at most ${limit} are taken`;
    return out.refuse('TOO_MANY_VALUES', reason);
  }
  records.forEach((record, index) => decodeRecord(json, record, index, mapping, out));
}

/** The message itself, or the members that the path to the records leads to. */
function recordsOf(json: unknown, { records }: CompiledMapping): readonly unknown[] {
  if (records === undefined) return [json];
  const found = valueAt(json, records.steps);
  if (Array.isArray(found)) return found as unknown[];
  if (typeof found !== 'object' || found === null) return [];
  return records.members ? Object.values(found) : [found];
}

function decodeRecord(root: unknown, record: unknown, index: number, mapping: CompiledMapping, out: Decoded): void {
  const at = (path: SingularPath): unknown => valueAt(path.relative ? record : root, path.steps);
  const instant = instantOf(at, mapping, out);
  if (typeof instant === 'object') return out.rejectTime(index, instant);
  const set = out.open(index, instant, { quality: qualityOf(at, mapping), seq: seqOf(at, mapping) });
  for (const value of mapping.values) {
    if (value.when === undefined || at(value.when.path) === value.when.equals) out.take(set, value, at(value.path));
  }
  if (!out.profile.rejectUnmapped || typeof record !== 'object' || record === null || Array.isArray(record)) return;
  for (const key of Object.keys(record)) if (!mapping.named.has(key)) out.unmapped(index, key, instant);
}

type At = (path: SingularPath) => unknown;

function instantOf(at: At, { timestamp }: CompiledMapping, { context }: Decoded): ReturnType<typeof instantBy> {
  const raw = timestamp && at(timestamp.path);
  if (timestamp !== undefined && raw !== undefined && raw !== null) {
    return instantBy(timestamp.unit, raw, context.receivedAt);
  }
  if (timestamp === undefined || timestamp.optional) return context.instant;
  return { code: 'TIMESTAMP_INVALID', reason: 'the timestamp that the profile asks for is missing' };
}

function qualityOf(at: At, { quality }: CompiledMapping): number {
  const raw = quality && at(quality.path);
  if (quality === undefined || raw === undefined || raw === null) return QUALITY_NUMBER.good;
  return QUALITY_NUMBER[wordIn(quality.map, raw) ?? quality.otherwise];
}

/** A counter that is none is as good as absent: the values do not depend on it. */
function seqOf(at: At, { seq }: CompiledMapping): number | undefined {
  const raw = seq && at(seq);
  return Number.isSafeInteger(raw) && (raw as number) >= 0 ? (raw as number) : undefined;
}
