import { senmlRecordSchema, type RawReadingSet } from './reading-set.schema.js';

/** Times below 2^28 are relative to now (RFC 8428, section 4.5.3). */
const ABSOLUTE_FROM = 2 ** 28;

/** Whether a list of JSON values is a SenML pack and not a list of reading sets. */
export function isSenml(items: readonly unknown[]): boolean {
  const first = items[0];
  if (typeof first !== 'object' || first === null) return false;
  return ['bn', 'bt', 'bu', 'bv', 'bver', 'n'].some((key) => key in first) && !('values' in first);
}

/**
 * Resolves a SenML pack (RFC 8428, section 4.6) into reading sets, one per record: base name, time and value are added,
 * relative times become absolute. The metric is the last part of the resolved name (`urn:dev:mac:…:level` → `level`).
 * Only numeric values are readings; a record without one is kept so that it is rejected by name.
 * @param now epoch ms that relative times refer to
 */
export function resolveSenml(items: readonly unknown[], now: number): (RawReadingSet | null)[] {
  let baseName = '';
  let baseTime = 0;
  let baseValue = 0;
  const sets: (RawReadingSet | null)[] = [];
  for (const item of items) {
    const record = senmlRecordSchema.safeParse(item);
    if (!record.success) {
      sets.push(null);
      continue;
    }
    const { bn, bt, bv, n = '', t = 0, v, vs, vb, vd, s } = record.data;
    baseName = bn ?? baseName;
    baseTime = bt ?? baseTime;
    baseValue = bv ?? baseValue;
    if (v === undefined && vs === undefined && vb === undefined && vd === undefined && s === undefined && n === '') {
      continue; // Only base fields.
    }
    const seconds = baseTime + t;
    const timestamp = seconds >= ABSOLUTE_FROM ? Math.trunc(seconds * 1000) : Math.trunc(now + seconds * 1000);
    sets.push({ timestamp, values: { [metricOf(baseName + n)]: v === undefined ? null : baseValue + v } });
  }
  return sets;
}

function metricOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(':'), name.lastIndexOf('/')) + 1);
}
