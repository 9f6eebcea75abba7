import { describe, expect, it } from 'vitest';
import {
  deviceIdSchema,
  instantOutSchema,
  instantSchema,
  latitudeSchema,
  longitudeSchema,
  metricCodeSchema,
  uuidSchema,
} from './schemas.js';

describe('instantSchema', () => {
  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00.5+02:00', '2026-03-01T10:00:00.500Z'],
    ['2026-03-01T12:00:00.123999Z', '2026-03-01T12:00:00.123Z'],
    ['2024-02-29T00:00:00-05:30', '2024-02-29T05:30:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(instantSchema.parse(text).toISOString()).toBe(iso);
  });

  it.each([
    '2026-03-01T12:00:00',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '',
    'now',
    1_700_000_000,
  ])('refuses %s', (value) => {
    expect(instantSchema.safeParse(value).success).toBe(false);
  });
});

describe('shared schemas', () => {
  it.each([
    [uuidSchema, '0190A5C8-7E7B-7C3A-8F00-1234567890AB', true],
    [uuidSchema, '0190a5c87e7b7c3a8f001234567890ab', false],
    [deviceIdSchema, 'GW-01_a', true],
    [deviceIdSchema, 'ab', false],
    [deviceIdSchema, 'a/b', false],
    [deviceIdSchema, 'sensor+1', false],
    [deviceIdSchema, 'x'.repeat(65), false],
    [metricCodeSchema, 'water_level_cm', true],
    [metricCodeSchema, 'WaterLevel', false],
    [metricCodeSchema, '_x', false],
    [latitudeSchema, 90, true],
    [latitudeSchema, 90.1, false],
    [latitudeSchema, Number.NaN, false],
    [longitudeSchema, -180, true],
    [longitudeSchema, 181, false],
    [instantOutSchema, '2026-03-01T12:00:00.000Z', true],
    [instantOutSchema, '2026-03-01T12:00:00Z', false],
  ])('%# takes %s: %s', (schema, value, accepted) => {
    expect(schema.safeParse(value).success).toBe(accepted);
  });

  it('writes uuids in lower case', () => {
    expect(uuidSchema.parse('0190A5C8-7E7B-7C3A-8F00-1234567890AB')).toBe('0190a5c8-7e7b-7c3a-8f00-1234567890ab');
  });
});
