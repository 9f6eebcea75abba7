import { describe, expect, it } from 'vitest';
import { compileProfile } from './compiled-profile.js';
import { profileDefinitionSchema } from './profile-definition.js';

const refusals = (definition: unknown): string[] =>
  profileDefinitionSchema
    .safeParse(definition)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const value = { path: '$.v', code: 'level' };
const field = { at: 0, type: 'u8', code: 'level' };

describe('a definition', () => {
  it('has defaults for what nobody has to say', () => {
    expect(profileDefinitionSchema.parse({ format: 'json', timestamp: { path: '$.t' }, values: [value] })).toEqual({
      format: 'json',
      timestamp: { path: '$.t', unit: 'auto', optional: true },
      values: [value],
      unmapped: 'ignore',
    });
    expect(profileDefinitionSchema.parse({ format: 'tts' })).toEqual({
      format: 'tts',
      normalized: false,
      unmapped: 'ignore',
    });
  });

  it.each([
    [{ format: 'xml' }, 'format'],
    [{ format: 'json' }, 'values'],
    [{ format: 'json', values: [] }, 'values'],
    [{ format: 'json', values: [{ path: '$..*', code: 'level' }] }, 'values.0.path: may only hold names and positions'],
    [{ format: 'json', values: [{ path: 'v', code: 'level' }] }, 'values.0.path: is no JSONPath'],
    [{ format: 'json', values: [{ path: '$.v', code: 'Level' }] }, 'values.0.code: must be snake_case'],
    [{ format: 'json', values: [{ ...value, factor: '2' }] }, 'values.0.factor'],
    [{ format: 'json', values: [{ ...value, factor: 1e300 }] }, 'values.0.factor'],
    [{ format: 'json', values: [{ ...value, map: { open: 'yes' } }] }, 'values.0.map.open'],
    [{ format: 'json', values: [{ ...value, script: 'return 1' }] }, 'values.0: '],
    [{ format: 'json', values: Array(101).fill(value) }, 'values'],
    [{ format: 'json', records: '$.a[*].b', values: [value] }, 'records: '],
    [{ format: 'json', quality: { path: '$.q', map: { a: 'splendid' } }, values: [value] }, 'quality.map.a'],
    [{ format: 'json', records: '$.a', values: [value] }, 'values: with `records`'],
    [{ format: 'senml', values: [value] }, ''],
    [
      {
        format: 'senml',
        metrics: [
          { name: 'a', code: 'b' },
          { name: 'a', code: 'c' },
        ],
      },
      'metrics.1.name',
    ],
    [{ format: 'chirpstack', metrics: [], frames: [{ fields: [field] }] }, 'mapping: give one of'],
    [{ format: 'binary', frames: [] }, 'frames'],
    [{ format: 'binary', frames: [{ fields: [{ ...field, type: 'u128' }] }] }, 'frames.0.fields.0.type'],
    [{ format: 'binary', frames: [{ fields: [{ ...field, at: -1 }] }] }, 'frames.0.fields.0.at'],
  ])('%j is refused where it is wrong', (definition, place) => {
    const found = refusals(definition);
    expect(found.length).toBeGreaterThan(0);
    expect(found.some((line) => line.startsWith(place))).toBe(true);
  });

  it('of an earlier or later version, once stored, rejects messages instead of stopping everything', () => {
    for (const stored of [null, 7, {}, { format: 'json' }, { format: 'of tomorrow' }]) {
      expect(compileProfile('acme', stored)).toMatchObject({ code: 'acme', plan: { kind: 'broken' } });
    }
  });
});
