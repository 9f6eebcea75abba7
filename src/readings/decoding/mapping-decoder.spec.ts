import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../devices/profiles/compiled-profile.js';
import { profileDefinitionSchema } from '../../devices/profiles/profile-definition.js';
import { MAX_VALUES } from '../payload-reader.js';
import { decodeJson } from './decode.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const decode = (definition: unknown, json: unknown) =>
  decodeJson(json, NOW, { profile: compileDefinition('acme', profileDefinitionSchema.parse(definition)) });
const values = (definition: unknown, json: unknown) =>
  decode(definition, json).sets.map((set) => [set.instant - NOW, set.values]);
const refused = (definition: unknown, json: unknown) =>
  decode(definition, json).rejections.map(({ index, metric, code }) => [index, metric, code]);

describe('a mapping', () => {
  const gauge = {
    format: 'json',
    records: '$.samples[*]',
    timestamp: { path: '@.t', unit: 's' },
    seq: '$.n',
    quality: { path: '@.q', map: { ok: 'good', '7': 'bad' } },
    values: [
      { path: '@.lvl', code: 'water_level_cm', factor: 100, offset: -12.5, min: -1, max: 50 },
      { path: '@.gate', code: 'valve_position_pct', map: { open: 100, closed: 0 } },
    ],
    battery: { path: '$.mv', factor: 0.05, offset: -150 },
  };
  const at = (seconds: number) => NOW / 1000 + seconds;

  it('reads records with what surrounds them', () => {
    const samples = [
      { t: at(-60), lvl: '2.455', gate: 'open', q: 'ok' },
      { t: at(0), lvl: 2.1, gate: 'closed', q: 7 },
      { lvl: 0.3, q: 'odd' },
    ];
    const { sets, rejections } = decode(gauge, { n: 41, mv: 4600, samples });
    expect(rejections).toEqual([]);
    expect(sets).toEqual([
      {
        ...{ index: 0, instant: NOW - 60_000, quality: 0, seq: 41 },
        values: { water_level_cm: 233, valve_position_pct: 100, battery_level: 80 },
      },
      {
        ...{ index: 1, instant: NOW, quality: 2, seq: 41 },
        values: { water_level_cm: 197.5, valve_position_pct: 0, battery_level: 80 },
      },
      { index: 2, instant: NOW, quality: 1, seq: 41, values: { water_level_cm: 17.5, battery_level: 80 } },
    ]);
  });

  it('takes nothing for an error that is missing or null, and everything missing for one', () => {
    expect(values(gauge, { samples: [{ lvl: null, gate: 'open' }] })).toEqual([[0, { valve_position_pct: 100 }]]);
    for (const json of [{}, { samples: [] }, { samples: 7 }, { samples: [{}] }, [], null, 'text', 7]) {
      const { sets, rejections } = decode(gauge, json);
      expect(sets).toEqual([]);
      expect(rejections).toMatchObject([{ index: null, code: 'MALFORMED_PAYLOAD' }]);
      expect(rejections[0]!.reason).toBe('the profile "acme" finds no value in the message');
    }
  });

  it('sets marks of the vendor, unknown words and other things aside, and keeps the rest', () => {
    const json = { samples: [{ lvl: 6553.5, gate: 'open' }, { lvl: 'wet' }, { lvl: 1, gate: 'ajar' }, { lvl: [1] }] };
    expect(refused(gauge, json)).toEqual([
      [0, 'water_level_cm', 'INVALID_VALUE'],
      [1, 'water_level_cm', 'INVALID_VALUE'],
      [2, 'valve_position_pct', 'INVALID_VALUE'],
      [3, 'water_level_cm', 'INVALID_VALUE'],
    ]);
    expect(values(gauge, json)).toEqual([
      [0, { valve_position_pct: 100 }],
      [0, { water_level_cm: 87.5 }],
    ]);
  });

  it('tells kinds of records apart', () => {
    const definition = {
      format: 'json',
      records: '$',
      values: [
        { path: '@.value', code: 'water_level_cm', when: { path: '@.kind', equals: 'level' } },
        { path: '@.value', code: 'temperature_c', when: { path: '@.kind', equals: 'temp' } },
      ],
    };
    const json = [
      { kind: 'level', value: 120 },
      { kind: 'temp', value: 8.5 },
      { kind: 'other', value: 1 },
    ];
    expect(values(definition, json)).toEqual([
      [0, { water_level_cm: 120 }],
      [0, { temperature_c: 8.5 }],
    ]);
  });

  it('calculates without what decimals leave behind', () => {
    const times = (factor: number, offset?: number) => ({
      format: 'json',
      values: [{ path: '$.v', code: 'level', factor, offset }],
    });
    expect(values(times(3), { v: 0.1 })).toEqual([[0, { level: 0.3 }]]);
    expect(values(times(0.1), { v: 3 })).toEqual([[0, { level: 0.3 }]]);
    expect(values(times(1, 0.2), { v: 0.1 })).toEqual([[0, { level: 0.3 }]]);
    expect(values(times(1e-3), { v: 123456789012 })).toEqual([[0, { level: 123456789.012 }]]);
    expect(values(times(1), { v: 0.1 + 0.2 })).toEqual([[0, { level: 0.3 }]]);
    expect(refused(times(1e15), { v: 1e300 })).toEqual([[0, 'level', 'INVALID_VALUE']]);
    const untouched = { format: 'json', values: [{ path: '$.v', code: 'level' }] };
    expect(values(untouched, { v: 1.2345678901234567 })).toEqual([[0, { level: 1.2345678901234567 }]]);
    fc.assert(
      fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (digits, places) => {
        const value = digits / 10 ** places;
        expect(values(times(10), { v: value })).toEqual([
          [0, { level: Number((digits / 10 ** (places - 1)).toPrecision(12)) }],
        ]);
      }),
    );
  });

  it.each([
    ['s', NOW / 1000 - 5, -5_000],
    ['s', String(NOW / 1000), 0],
    ['ms', NOW - 5, -5],
    ['relative', -90, -90_000],
    ['iso', '2026-03-01T13:00:00+01:00', 0],
    ['iso_utc', '2026-03-01 11:59:59', -1_000],
    ['iso_utc', '2026-03-01T13:00:00+01:00', 0],
    ['auto', NOW / 1000, 0],
  ])('reads a timestamp in %s', (unit, t, offset) => {
    const definition = { format: 'json', timestamp: { path: '$.t', unit }, values: [{ path: '$.v', code: 'a' }] };
    expect(values(definition, { t, v: 1 })).toEqual([[offset, { a: 1 }]]);
  });

  it.each([
    ['s', 'soon', 'TIMESTAMP_INVALID'],
    ['s', NOW, 'TIMESTAMP_OUT_OF_RANGE'],
    ['ms', NOW / 1000, 'TIMESTAMP_OUT_OF_RANGE'],
    ['iso', '2026-03-01T12:00:00', 'TIMESTAMP_INVALID'],
    ['iso', NOW, 'TIMESTAMP_INVALID'],
    ['relative', 3600, 'TIMESTAMP_OUT_OF_RANGE'],
    ['ms', true, 'TIMESTAMP_INVALID'],
    ['s', 1e308, 'TIMESTAMP_OUT_OF_RANGE'],
  ])('refuses a timestamp in %s that is %s', (unit, t, code) => {
    const definition = { format: 'json', timestamp: { path: '$.t', unit }, values: [{ path: '$.v', code: 'a' }] };
    expect(refused(definition, { t, v: 1 })).toEqual([[0, null, code]]);
  });

  it('can insist on a timestamp', () => {
    const timestamp = { path: '$.t', unit: 's', optional: false };
    const definition = { format: 'json', timestamp, values: [{ path: '$.v', code: 'a' }] };
    expect(refused(definition, { v: 1 })).toEqual([[0, null, 'TIMESTAMP_INVALID']]);
  });

  it('reports what it does not name where that is asked for', () => {
    const definition = { format: 'json', values: [{ path: '$.v.x', code: 'a' }], unmapped: 'reject' };
    expect(refused(definition, { v: { x: 1, y: 2 }, w: 2, __proto_: 3 })).toEqual([
      [0, 'w', 'UNKNOWN_METRIC'],
      [0, '__proto_', 'UNKNOWN_METRIC'],
    ]);
    expect(refused({ ...definition, unmapped: 'ignore' }, { v: { x: 1 }, w: 2 })).toEqual([]);
  });

  it('bounds what one message can cost', () => {
    const many = { format: 'json', records: '$', values: Array(100).fill({ path: '@.v', code: 'a' }) };
    expect(refused(many, Array(1001).fill({ v: 1 }))).toEqual([[null, null, 'TOO_MANY_VALUES']]);
    expect(values(many, Array(1000).fill({ v: 1 }))).toHaveLength(1000);
    const one = { format: 'json', records: '$', values: [{ path: '@.v', code: 'a' }], unmapped: 'reject' };
    expect(refused(one, Array(MAX_VALUES + 1).fill({ v: 1 }))).toEqual([[null, null, 'TOO_MANY_VALUES']]);
    const two = { ...one, values: [...one.values, { path: '@.w', code: 'b' }] };
    expect(refused(two, Array(MAX_VALUES).fill({ v: 1, w: 1 }))).toEqual([[null, null, 'TOO_MANY_VALUES']]);
    const junk = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    expect(refused(one, [{ v: 1, ...junk }])).toHaveLength(101);
  });
});
