import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../devices/profiles/compiled-profile.js';
import { profileDefinitionSchema } from '../../devices/profiles/profile-definition.js';
import { decodeJson, decodePayload, readPayloadOf } from './decode.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const profileOf = (definition: unknown) => compileDefinition('acme', profileDefinitionSchema.parse(definition));
const sensorsOf = (codes: string[]) => new Map(codes.map((code) => [code, {}]));
const decode = (definition: unknown, json: unknown, sensors?: string[]) =>
  decodeJson(json, NOW, { profile: profileOf(definition), sensors: sensors && sensorsOf(sensors) });
const values = (definition: unknown, json: unknown, sensors?: string[]) =>
  decode(definition, json, sensors).sets.map((set) => [set.instant - NOW, set.values]);
const refused = (definition: unknown, json: unknown, sensors?: string[]) =>
  decode(definition, json, sensors).rejections.map(({ index, metric, code }) => [index, metric, code]);

describe('ThingsBoard telemetry', () => {
  const plain = { format: 'thingsboard' };

  it.each([
    [{ temperature: 42 }, [[0, { temperature: 42 }]]],
    [{ ts: NOW - 1000, values: { temperature: 42, on: true } }, [[-1000, { temperature: 42, on: 1 }]]],
    [
      [{ temperature: 42 }, { temperature: 43 }],
      [
        [0, { temperature: 42 }],
        [0, { temperature: 43 }],
      ],
    ],
    [
      [
        { ts: NOW - 2000, values: { temperature: 1 } },
        { ts: NOW, values: { temperature: 2 } },
      ],
      [
        [-2000, { temperature: 1 }],
        [0, { temperature: 2 }],
      ],
    ],
    [{ temperature: '42.5' }, [[0, { temperature: '42.5' }]]],
  ])('%j', (json, expected) => expect(values(plain, json, ['temperature', 'on'])).toEqual(expected));

  it('takes names of sensors, explains others, and leaves the rest', () => {
    const metrics = [{ name: 'Wasserstand (m)', code: 'water_level_cm', factor: 100 }];
    const json = { 'Wasserstand (m)': 1.2, temperature: 9, serial: 'A-17', constructor: 1 };
    expect(values({ ...plain, metrics }, json, ['water_level_cm', 'temperature'])).toEqual([
      [0, { water_level_cm: 120, temperature: 9 }],
    ]);
    expect(refused({ ...plain, metrics, unmapped: 'reject' }, json, ['water_level_cm'])).toEqual([
      [0, 'temperature', 'UNKNOWN_METRIC'],
      [0, 'serial', 'UNKNOWN_METRIC'],
      [0, 'constructor', 'UNKNOWN_METRIC'],
    ]);
  });

  it('refuses a wrong time, and what is no telemetry, part by part', () => {
    const json = [{ ts: 'now', values: { a: 1 } }, 7, { ts: NOW / 1000, values: { a: 1 } }, { a: 1 }];
    expect(refused(plain, json, ['a'])).toEqual([
      [0, null, 'TIMESTAMP_INVALID'],
      [1, null, 'MALFORMED_PAYLOAD'],
      [2, null, 'TIMESTAMP_OUT_OF_RANGE'],
    ]);
    expect(values(plain, json, ['a'])).toEqual([[0, { a: 1 }]]);
  });
});

describe('Sparkplug in JSON', () => {
  it('gathers metrics by their time, by their whole name or its last part', () => {
    const definition = { format: 'sparkplug_json', metrics: [{ name: 'Inputs/Level', code: 'water_level_cm' }] };
    const json = {
      timestamp: NOW - 1000,
      metrics: [
        { name: 'Inputs/Level', timestamp: NOW - 5000, dataType: 'Float', value: 120.5 },
        { name: 'Inputs/temperature_c', timestamp: NOW - 5000, type: 'Double', value: 8 },
        { name: 'Pumps/running', dataType: 'Boolean', booleanValue: true },
        { name: 'bdSeq', value: 3 },
        { name: 'Inputs/rainfall_mm', value: null, is_null: true },
        { alias: 7, value: 1 },
      ],
      seq: 255,
    };
    const { sets, rejections } = decode(definition, json, [
      'water_level_cm',
      'temperature_c',
      'running',
      'rainfall_mm',
    ]);
    expect(rejections).toEqual([]);
    expect(sets.map(({ instant, seq, values }) => [instant - NOW, seq, values])).toEqual([
      [-5000, undefined, { water_level_cm: 120.5, temperature_c: 8 }],
      [-1000, undefined, { running: 1 }],
    ]);
    expect(refused(definition, { values: [] })).toEqual([[null, null, 'MALFORMED_PAYLOAD']]);
  });
});

describe('SenML by a profile', () => {
  it('explains names, whole or in part; a factor stands for the unit', () => {
    const metrics = [
      { name: 'urn:dev:ow:1:lvl', code: 'water_level_cm', factor: 100 },
      { name: 'temp', code: 'temperature_c' },
    ];
    const pack = [
      { bn: 'urn:dev:ow:1:', n: 'lvl', u: 'm', v: 1.2 },
      { n: 'temp', u: 'K', v: 273.15 },
      { n: 'other', v: 1 },
      { n: 'words', vs: 'x' },
    ];
    const { sets, rejections } = decode({ format: 'senml', metrics }, pack, ['water_level_cm', 'temperature_c']);
    expect(sets.map(({ index, unit, values }) => [index, unit, values])).toEqual([
      [0, undefined, { water_level_cm: 120 }],
      [1, 'K', { temperature_c: 273.15 }],
    ]);
    expect(rejections).toMatchObject([{ index: 3, metric: 'words', code: 'INVALID_VALUE' }]);
    expect(refused({ format: 'senml' }, { n: 'a', v: 1 })).toEqual([[null, null, 'MALFORMED_PAYLOAD']]);
  });
});

describe('bytes', () => {
  const frame = {
    length: 10,
    when: { at: 0, equals: 0x21 },
    timestamp: { at: 6 },
    fields: [
      { at: 1, type: 'i16', code: 'water_level_cm', factor: 0.1 },
      { at: 3, type: 'u16', endian: 'little', code: 'pressure_bar', factor: 0.001 },
      { at: 5, type: 'u8', bits: { from: 7, count: 1 }, code: 'running' },
      { at: 5, type: 'u8', bits: { from: 0, count: 7 }, code: 'battery_level', max: 100 },
    ],
  };
  const read = (hex: string, definition: unknown = { format: 'binary', frames: [frame] }) =>
    decodePayload(Buffer.from(hex, 'hex'), NOW, { profile: profileOf(definition) });
  const time = (NOW / 1000 - 60).toString(16).padStart(8, '0');

  it('are read by the frame that fits', () => {
    const { sets } = read(`21ff9cb80b${(0x80 + 87).toString(16)}${time}`);
    expect(sets).toMatchObject([
      {
        instant: NOW - 60_000,
        values: { water_level_cm: -10, pressure_bar: 3, running: 1, battery_level: 87 },
      },
    ]);
  });

  it.each(['', '21', '22ff9cb80b00' + time, `21ff9cb80b00${time}00`])('"%s" fits no frame', (hex) => {
    expect(read(hex)).toMatchObject({ sets: [], rejections: [{ code: 'MALFORMED_PAYLOAD' }] });
  });

  it('have every type in both orders', () => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32BE(0xfedcba98, 0);
    bytes.writeFloatBE(1.1, 4);
    bytes.writeDoubleLE(2.2, 8);
    bytes.writeIntBE(-70000, 16, 3);
    bytes.writeUIntLE(70000, 19, 3);
    const field = (at: number, type: string, code: string, endian = 'big') => ({ at, type, code, endian });
    const fields = [
      ...[field(0, 'u32', 'a'), field(0, 'i32', 'b'), field(4, 'f32', 'c'), field(8, 'f64', 'd', 'little')],
      ...[field(16, 'i24', 'e'), field(19, 'u24', 'f', 'little'), field(0, 'i8', 'g'), field(31, 'u16', 'h')],
      { ...field(0, 'u32', 'i'), bits: { from: 28, count: 4 } },
    ];
    const { sets } = read(bytes.toString('hex'), { format: 'binary', frames: [{ fields }] });
    const [a, b] = [0xfedcba98, 0xfedcba98 - 2 ** 32];
    expect(sets[0]!.values).toEqual({ a, b, c: 1.1, d: 2.2, e: -70000, f: 70000, g: -2, i: 15 });
  });
});

describe('every profile', () => {
  const named = { metrics: [{ name: 'a', code: 'a', factor: 2 }] };
  const mapping = {
    records: '$[*]',
    timestamp: { path: '@.t', unit: 'relative' as const },
    quality: { path: '@.q', map: { x: 'bad' as const } },
    values: [
      { path: '@.a[0].b', code: 'a', map: { on: 1 } },
      { path: '$[1]', code: 'b' },
    ],
  };
  const definitions = [
    { format: 'json', ...mapping, unmapped: 'reject' },
    ...['senml', 'thingsboard', 'sparkplug_json', 'chirpstack', 'tts'].map((format) => ({ format, ...named })),
    { format: 'chirpstack', mapping },
    { format: 'tts', normalized: true, frames: [{ fields: [{ at: 1, type: 'f64', code: 'a' }] }] },
    { format: 'binary', frames: [{ timestamp: { at: 2 }, fields: [{ at: 0, type: 'u16', code: 'a' }] }] },
  ].map(profileOf);

  it('answers hostile input with something or with a reason, and never throws', () => {
    const word = fc.constantFrom('a', 't', 'ts', 'values', 'metrics', 'name', 'n', 'v', 'data', '__proto__', 'rxInfo');
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(word, tie('value'), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).value;
    const bytes = fc.oneof(
      json.map((value) => Buffer.from(JSON.stringify(value))),
      fc.uint8Array({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(...definitions), (payload, profile) => {
        const sensors = sensorsOf(['a', 'v']) as never;
        const { sets, rejections } = readPayloadOf({ profile, sensors }, Buffer.from(payload), NOW);
        for (const { instant, values } of sets) {
          expect(Number.isInteger(instant)).toBe(true);
          expect(Object.keys(values).length).toBeGreaterThan(0);
        }
        const isEnvelope = profile.format === 'chirpstack' || profile.format === 'tts';
        expect(sets.length + rejections.length > 0 || isEnvelope).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
