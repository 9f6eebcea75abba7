import { describe, expect, it } from 'vitest';
import { listDevicesSchema, patchDeviceSchema, registerDeviceSchema } from './device.schemas.js';
import { containsPattern, metadataSchema, nameSchema } from '../common/validation/text.schemas.js';

const base = { deviceId: 'gauge-1', name: 'Gauge' };
const paths = (input: object): string[] =>
  registerDeviceSchema.safeParse({ ...base, ...input }).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('registerDeviceSchema', () => {
  it('takes the least and fills in an API key', () => {
    expect(registerDeviceSchema.parse({ deviceId: 'gauge-1', name: ' Gauge ' })).toEqual({
      ...base,
      authMethods: ['api_key'],
    });
  });

  it('wants both coordinates or none', () => {
    expect(paths({ latitude: 47 })).toEqual(['longitude']);
    expect(paths({ longitude: 15 })).toEqual(['longitude']);
    expect(paths({ latitude: 47, longitude: 15 })).toEqual([]);
    expect(paths({ latitude: null, longitude: null })).toEqual([]);
  });

  it('finds two sensors of the same code', () => {
    const sensors = [
      { typeCode: 'flow_m3h' },
      { typeCode: 'flow_m3h', code: 'flow_2' },
      { typeCode: 'x', code: 'flow_m3h' },
    ];
    expect(paths({ sensors })).toEqual(['sensors.2.code']);
  });

  it.each([
    [{ deviceId: 'a b' }, 'deviceId'],
    [{ deviceId: 'ab' }, 'deviceId'],
    [{ authMethods: [] }, 'authMethods'],
    [{ authMethods: ['password'] }, 'authMethods.0'],
    [{ heartbeatIntervalSeconds: 0 }, 'heartbeatIntervalSeconds'],
    [{ name: 'a\u0000b' }, 'name'],
  ])('refuses %o', (input, path) => {
    expect(paths(input)).toEqual([path]);
  });
});

describe('patchDeviceSchema', () => {
  it('moves a device as a whole, or not', () => {
    expect(patchDeviceSchema.safeParse({ latitude: 1, longitude: 2 }).success).toBe(true);
    expect(patchDeviceSchema.safeParse({ latitude: null, longitude: null }).success).toBe(true);
    for (const patch of [{ latitude: 1 }, { longitude: 1 }, { latitude: 1, longitude: null }]) {
      expect(patchDeviceSchema.safeParse(patch).success).toBe(false);
    }
  });
});

describe('text', () => {
  it('that a database cannot store is refused', () => {
    for (const name of ['', '  ', 'a\nb', '\ud800', 'x'.repeat(201)])
      expect(nameSchema.safeParse(name).success).toBe(false);
    expect(nameSchema.parse('Prüfstand 😀')).toBe('Prüfstand 😀');
    expect(metadataSchema.safeParse({ a: { b: '\u0000' } }).success).toBe(false);
    expect(metadataSchema.safeParse({ a: ['\udc00'] }).success).toBe(false);
    expect(metadataSchema.safeParse({ a: 'x'.repeat(17_000) }).success).toBe(false);
    expect(metadataSchema.safeParse({ a: 'ü😀', b: [1, null, { c: true }] }).success).toBe(true);
  });

  it('that is searched for stands for itself', () => {
    expect(containsPattern('50%_A\\')).toBe('%50\\%\\_a\\\\%');
    expect(listDevicesSchema.parse({ search: ' Mill ' })).toMatchObject({ search: 'Mill', limit: 50 });
  });
});
