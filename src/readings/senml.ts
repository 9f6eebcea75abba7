import { tidy } from './decoding/arithmetic.js';

/** Times below 2^28 are relative to now (RFC 8428, section 4.5.3). */
const ABSOLUTE_FROM = 2 ** 28;
/** The version of SenML that is understood; also what a pack has that says nothing (section 4.4). */
const VERSION = 10;
/** A resolved name (section 4.5.1). */
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;

const BASE_FIELDS = { bn: 'string', bt: 'number', bu: 'string', bv: 'number', bs: 'number', bver: 'number' } as const;
const FIELDS = {
  ...{ n: 'string', u: 'string', t: 'number', ut: 'number', v: 'number', vs: 'string', vb: 'boolean', vd: 'string' },
  s: 'number',
} as const;

/** A record with its base fields resolved (section 4.6). */
export interface SenmlReading {
  /** Place in the pack, from 0. */
  readonly index: number;
  /** The whole name, such as `urn:dev:ow:10e2073a01080063:level`. */
  readonly name: string;
  /** Epoch milliseconds; not looked at yet. */
  readonly instant: number;
  readonly unit: string | undefined;
  /** The number; or what the record holds instead, in words. */
  readonly value: number | string;
}

/** A record that is none, and why. */
export interface SenmlProblem {
  readonly index: number;
  readonly problem: string;
}

/** A pack; or why none of it may be used. */
export type SenmlPack =
  | { readonly records: readonly (SenmlReading | SenmlProblem)[]; readonly problem?: undefined }
  | { readonly records?: undefined; readonly problem: string };

/** Whether a list of JSON values is a SenML pack and not a list of reading sets. */
export function isSenml(items: readonly unknown[]): boolean {
  const first = items[0];
  if (typeof first !== 'object' || first === null) return false;
  return ['bn', 'bt', 'bu', 'bv', 'bs', 'bver', 'n'].some((key) => key in first) && !('values' in first);
}

/** The last part of a name, which is the metric: `urn:dev:mac:…:level` → `level`. */
export function metricOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(':'), name.lastIndexOf('/')) + 1);
}

interface Base {
  name: string;
  time: number;
  unit: string | undefined;
  value: number | undefined;
}

/**
 * Resolves a SenML pack (RFC 8428). A pack of a later version, one that holds a field which has to be understood and is
 * not (its name ends in `_`), and one whose base fields are broken cannot be used at all; a broken record is one problem.
 * @param now epoch ms that relative times refer to
 */
export function resolveSenml(items: readonly unknown[], now: number): SenmlPack {
  const base: Base = { name: '', time: 0, unit: undefined, value: undefined };
  const records: (SenmlReading | SenmlProblem)[] = [];
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      records.push({ index, problem: 'not a SenML record' });
      continue;
    }
    const record = item as Record<string, unknown>;
    const unusable = unusableIn(record);
    if (unusable !== undefined) return { problem: unusable };
    takeBase(base, record);
    const resolved = resolveRecord(record, base, index, now);
    if (resolved !== undefined) records.push(resolved);
  }
  return { records };
}

/** Why the pack of a record cannot be used. */
function unusableIn(record: Record<string, unknown>): string | undefined {
  for (const key in record) {
    if (key.endsWith('_')) return `the SenML field "${key.slice(0, 50)}" has to be understood, and is not`;
  }
  const broken = wrongTypeIn(record, BASE_FIELDS);
  if (broken !== undefined) return `the SenML base field ${broken}`;
  const { bver } = record as { bver?: number };
  if (bver === undefined || (Number.isInteger(bver) && bver >= 1 && bver <= VERSION)) return undefined;
  return `SenML version ${bver} is not one up to ${VERSION}`;
}

function wrongTypeIn(record: Record<string, unknown>, fields: Readonly<Record<string, string>>): string | undefined {
  for (const key in fields) {
    const value = record[key];
    if (value !== undefined && typeof value !== fields[key]) return `"${key}" is not a ${fields[key]}`;
  }
  return undefined;
}

function takeBase(base: Base, record: Record<string, unknown>): void {
  const { bn, bt, bu, bv } = record;
  base.name = (bn as string | undefined) ?? base.name;
  base.time = (bt as number | undefined) ?? base.time;
  base.unit = (bu as string | undefined) ?? base.unit;
  base.value = (bv as number | undefined) ?? base.value;
}

function resolveRecord(
  record: Record<string, unknown>,
  base: Base,
  index: number,
  now: number,
): SenmlReading | SenmlProblem | undefined {
  const wrong = wrongTypeIn(record, FIELDS);
  if (wrong !== undefined) return { index, problem: wrong };
  const { n = '', t = 0, u } = record as { n?: string; t?: number; u?: string };
  const value = valueOf(record, base);
  // A record of base fields alone says something of those that follow.
  if (value === undefined && n === '') return undefined;
  const name = base.name + n;
  if (!NAME.test(name)) return { index, problem: `"${name.slice(0, 100)}" is not a SenML name` };
  if (value === null) return { index, problem: 'a SenML record has one value, not several' };
  const seconds = base.time + t;
  const instant = seconds >= ABSOLUTE_FROM ? seconds * 1000 : now + seconds * 1000;
  // A millisecond is the finest that is kept; what a sum of decimals adds below it is noise.
  const rounded = Math.trunc(Math.round(instant * 1000) / 1000);
  return { index, name, instant: rounded, unit: u ?? base.unit, value: value ?? 'the record holds no value' };
}

/** The value of a record; a sentence about one that is no number; null for several, undefined for none. */
function valueOf(record: Record<string, unknown>, base: Base): number | string | null | undefined {
  const { v, vs, vb, vd, s } = record as { v?: number; vs?: string; vb?: boolean; vd?: string; s?: number };
  const count = [v, vs, vb, vd].filter((value) => value !== undefined).length;
  if (count > 1) return null;
  if (v !== undefined) return base.value === undefined ? v : tidy(base.value + v);
  if (vb !== undefined) return vb ? 1 : 0;
  if (vs !== undefined) return 'a text (vs) is not a reading';
  if (vd !== undefined) return 'binary data (vd) is not a reading';
  return s === undefined ? undefined : 'a sum (s) without a value is not a reading';
}
