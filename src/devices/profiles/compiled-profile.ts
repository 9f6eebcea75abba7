import { compileRecords, compileSingular, type RecordsPath, type SingularPath } from './json-path.js';
import {
  profileDefinitionSchema,
  type FrameDefinition,
  type MappingDefinition,
  type ProfileDefinition,
  type ProfileFormat,
  type QualityWord,
  type TimestampUnit,
} from './profile-definition.js';

/** How a raw value becomes the value of a metric. */
export interface ValueRule {
  readonly code: string;
  readonly factor: number | undefined;
  readonly offset: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly map: ReadonlyMap<string, number> | undefined;
}

/** A value of a record. */
export interface ValueMapping extends ValueRule {
  readonly path: SingularPath;
  readonly when: { readonly path: SingularPath; readonly equals: string | number | boolean } | undefined;
}

/** Paths into JSON, ready to be followed. */
export interface CompiledMapping {
  readonly records: RecordsPath | undefined;
  readonly timestamp:
    { readonly path: SingularPath; readonly unit: TimestampUnit; readonly optional: boolean } | undefined;
  readonly seq: SingularPath | undefined;
  readonly quality:
    | { readonly path: SingularPath; readonly map: ReadonlyMap<string, QualityWord>; readonly otherwise: QualityWord }
    | undefined;
  readonly values: readonly ValueMapping[];
  /** First steps of all paths into a record: what else a record holds is not named. */
  readonly named: ReadonlySet<string | number>;
}

/** A field of a binary payload. */
export interface ByteField extends ValueRule {
  readonly at: number;
  readonly type: FrameDefinition['fields'][number]['type'];
  readonly little: boolean;
  readonly bits: { readonly from: number; readonly count: number } | undefined;
}

/** One kind of binary payload. */
export interface CompiledFrame extends Pick<FrameDefinition, 'fPort' | 'length' | 'when' | 'timestamp'> {
  readonly little: boolean;
  readonly fields: readonly ByteField[];
}

/** The way in which values are found. */
export type ReadingPlan =
  | { readonly kind: 'mapping'; readonly mapping: CompiledMapping }
  | { readonly kind: 'names'; readonly names: ReadonlyMap<string, ValueRule> }
  | { readonly kind: 'frames'; readonly frames: readonly CompiledFrame[] }
  | { readonly kind: 'broken'; readonly reason: string };

/** A profile as ingestion uses it; made once, shared by all devices that name it. */
export interface CompiledProfile {
  readonly code: string;
  readonly format: ProfileFormat;
  readonly plan: ReadingPlan;
  /** Fields that are not named are rejected instead of ignored. */
  readonly rejectUnmapped: boolean;
  /** The normalized payload of The Things Stack is read, not the decoded one. */
  readonly normalized: boolean;
  /** LoRaWAN ports that hold readings; undefined: all but 0, which is for the network itself. */
  readonly fPorts: ReadonlySet<number> | undefined;
}

/** Compiles a stored definition. Never throws: what this version cannot use rejects its messages by name. */
export function compileProfile(code: string, definition: unknown): CompiledProfile {
  const parsed = profileDefinitionSchema.safeParse(definition);
  if (parsed.success) return compileDefinition(code, parsed.data);
  const [issue] = parsed.error.issues;
  const plan = { kind: 'broken', reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` } as const;
  return { code, format: 'json', plan, rejectUnmapped: false, normalized: false, fPorts: undefined };
}

/** Compiles a definition that its schema has checked. */
export function compileDefinition(code: string, definition: ProfileDefinition): CompiledProfile {
  const rejectUnmapped = 'unmapped' in definition && definition.unmapped === 'reject';
  const fPorts = 'fPorts' in definition && definition.fPorts ? new Set(definition.fPorts) : undefined;
  const normalized = definition.format === 'tts' && definition.normalized;
  return { code, format: definition.format, plan: planOf(definition), rejectUnmapped, normalized, fPorts };
}

function planOf(definition: ProfileDefinition): ReadingPlan {
  if (definition.format === 'json') return { kind: 'mapping', mapping: compileMapping(definition) };
  if (definition.format === 'binary') return { kind: 'frames', frames: definition.frames.map(compileFrame) };
  if ('mapping' in definition && definition.mapping) {
    return { kind: 'mapping', mapping: compileMapping(definition.mapping) };
  }
  if ('frames' in definition && definition.frames) {
    return { kind: 'frames', frames: definition.frames.map(compileFrame) };
  }
  return { kind: 'names', names: new Map((definition.metrics ?? []).map((metric) => [metric.name, ruleOf(metric)])) };
}

function compileMapping(definition: MappingDefinition): CompiledMapping {
  const { records, timestamp, seq, quality, values, battery, signal } = definition;
  const health = [
    ...(battery ? [{ ...battery, code: 'battery_level' }] : []),
    ...(signal ? [{ ...signal, code: 'signal_strength' }] : []),
  ];
  const mapping = {
    records: records === undefined ? undefined : compileRecords(records),
    timestamp: timestamp && { ...timestamp, path: compileSingular(timestamp.path) },
    seq: seq === undefined ? undefined : compileSingular(seq),
    quality: quality && {
      path: compileSingular(quality.path),
      map: new Map(Object.entries(quality.map)),
      otherwise: quality.otherwise,
    },
    values: [...values.map(valueMapping), ...health.map(valueMapping)],
  };
  return { ...mapping, named: namedBy(mapping) };
}

function valueMapping(
  value: Rule & { path: string; when?: { path: string; equals: string | number | boolean } | undefined },
) {
  const when = value.when && { path: compileSingular(value.when.path), equals: value.when.equals };
  return { ...ruleOf(value), path: compileSingular(value.path), when };
}

/** First steps of the paths that begin at a record; without records that is the message. */
function namedBy(mapping: Omit<CompiledMapping, 'named'>): ReadonlySet<string | number> {
  const { records, timestamp, seq, quality, values } = mapping;
  const paths = [timestamp?.path, seq, quality?.path, ...values.flatMap(({ path, when }) => [path, when?.path])];
  const inRecord = paths.filter((path) => path !== undefined && (path.relative || records === undefined));
  return new Set(inRecord.flatMap((path) => path!.steps.slice(0, 1)));
}

function compileFrame({ fields, endian, ...frame }: FrameDefinition): CompiledFrame {
  return {
    ...frame,
    little: endian === 'little',
    fields: fields.map((field) => ({
      ...ruleOf(field),
      at: field.at,
      type: field.type,
      little: (field.endian ?? endian) === 'little',
      bits: field.bits,
    })),
  };
}

interface Rule {
  readonly code: string;
  readonly factor?: number | undefined;
  readonly offset?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly map?: Readonly<Record<string, number>> | undefined;
}

function ruleOf({ code, factor, offset, min, max, map }: Rule): ValueRule {
  return { code, factor, offset, min, max, map: map && new Map(Object.entries(map)) };
}
