import { describe, expect, it } from 'vitest';
import { SENSOR_TYPES } from '../../database/seeders/sensor-types.js';
import { inUnitOf } from './units.js';

describe('units of SenML', () => {
  it.each([
    ['m', 1.205, 'cm', 120.5],
    ['mm', 3, 'mm', 3],
    ['Pa', 250_000, 'bar', 2.5],
    ['hPa', 1013.25, 'bar', 1.01325],
    ['K', 273.25, '°C', 0.1],
    ['Cel', 23.1, '°C', 23.1],
    ['m3/s', 0.1, 'm³/h', 360],
    ['l/s', 5, 'm³/h', 18],
    ['W', 1500, 'kW', 1.5],
    ['%EL', 98, '%', 98],
    ['/', 0.5, '%', 50],
    ['S/m', 0.05, 'µS/cm', 500],
    ['dBW', -100, 'dBm', -70],
    ['1/min', 1450, 'rpm', 1450],
  ])('%s: %d is in %s %d', (unit, value, sensorUnit, expected) => {
    expect(inUnitOf(sensorUnit, value, unit)).toBe(expected);
  });

  it('that are not known, of either side, leave the value as it is', () => {
    expect(inUnitOf('cm', 7, 'furlong')).toBe(7);
    expect(inUnitOf('NTU', 7, 'm')).toBe(7);
    expect(inUnitOf('', 7, 'pH')).toBe(7);
    expect(inUnitOf('mg/l', 7, 'kg')).toBe(7);
  });

  it('of another kind than the sensor say that the value is none of it', () => {
    expect(inUnitOf('cm', 7, 'Cel')).toBeNull();
    expect(inUnitOf('bar', 7, 'm')).toBeNull();
    expect(inUnitOf('%', 7, 'dBm')).toBeNull();
  });

  it('are known of the seeded sensor types, but for those that SenML has no unit for', () => {
    const unknown = SENSOR_TYPES.filter(({ unit }) => inUnitOf(unit, 1, 'Bq') === 1 && inUnitOf(unit, 1, 'm') === 1);
    expect(unknown.map(({ unit }) => unit)).toEqual(['NTU', 'mg/l', '']);
  });
});
