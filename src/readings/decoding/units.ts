import { tidy } from './arithmetic.js';

/** A unit as so much of the base of its kind: base = value × factor + offset. */
interface Unit {
  readonly kind: string;
  readonly factor: number;
  readonly offset: number;
}

const unit = (kind: string, factor = 1, offset = 0): Unit => ({ kind, factor, offset });

/** Units of SenML (RFC 8428, section 12.1, and the secondary units of RFC 8798) that sensors of water networks have. */
const SENML_UNITS: ReadonlyMap<string, Unit> = new Map([
  ['m', unit('length')],
  ['mm', unit('length', 0.001)],
  ['cm', unit('length', 0.01)],
  ['km', unit('length', 1_000)],
  ['Pa', unit('pressure')],
  ['hPa', unit('pressure', 100)],
  ['Cel', unit('temperature')],
  ['K', unit('temperature', 1, -273.15)],
  ['m3/s', unit('flow')],
  ['l/s', unit('flow', 0.001)],
  ['m3', unit('volume')],
  ['l', unit('volume', 0.001)],
  ['m/s', unit('speed')],
  ['km/h', unit('speed', 1 / 3.6)],
  ['W', unit('power')],
  ['kW', unit('power', 1_000)],
  ['V', unit('voltage')],
  ['mV', unit('voltage', 0.001)],
  ['A', unit('current')],
  ['mA', unit('current', 0.001)],
  ['S/m', unit('conductivity')],
  ['pH', unit('acidity')],
  ['dBW', unit('level of power', 1, 30)],
  ['dBm', unit('level of power')],
  ['1/min', unit('rotation')],
  ['/', unit('share', 100)],
  ['/100', unit('share')],
  ['%', unit('share')],
  ['%EL', unit('share')],
  ['%RH', unit('share')],
]);

/** Units as sensor types write them. A unit that is not here is never converted. */
const SENSOR_UNITS: ReadonlyMap<string, Unit> = new Map([
  ['mm', unit('length', 0.001)],
  ['cm', unit('length', 0.01)],
  ['m', unit('length')],
  ['km', unit('length', 1_000)],
  ['Pa', unit('pressure')],
  ['hPa', unit('pressure', 100)],
  ['mbar', unit('pressure', 100)],
  ['kPa', unit('pressure', 1_000)],
  ['bar', unit('pressure', 100_000)],
  ['°C', unit('temperature')],
  ['m³/s', unit('flow')],
  ['m³/h', unit('flow', 1 / 3_600)],
  ['l/s', unit('flow', 0.001)],
  ['m³', unit('volume')],
  ['l', unit('volume', 0.001)],
  ['m/s', unit('speed')],
  ['km/h', unit('speed', 1 / 3.6)],
  ['W', unit('power')],
  ['kW', unit('power', 1_000)],
  ['V', unit('voltage')],
  ['mV', unit('voltage', 0.001)],
  ['A', unit('current')],
  ['mA', unit('current', 0.001)],
  ['µS/cm', unit('conductivity', 0.0001)],
  ['dBm', unit('level of power')],
  ['rpm', unit('rotation')],
  ['%', unit('share')],
]);

/**
 * A value in the unit of its sensor. It is converted only where both units are known and of the same kind; it stays as
 * it is where either is unknown, since a guess would be worse than none.
 * @returns null when the units are of different kinds: then the value is not what the sensor measures
 */
export function inUnitOf(sensorUnit: string, value: number, senmlUnit: string): number | null {
  const from = SENML_UNITS.get(senmlUnit);
  const to = SENSOR_UNITS.get(sensorUnit);
  if (from === undefined || to === undefined) return value;
  if (from.kind !== to.kind) return null;
  if (from.factor === to.factor && from.offset === to.offset) return value;
  return tidy((value * from.factor + from.offset - to.offset) / to.factor);
}
