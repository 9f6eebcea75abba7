import type { RiskThresholds } from '../../devices/sensors/risk-thresholds.js';
import {
  MUNICIPALITIES,
  PIPELINES,
  placeAlong,
  RIVERS,
  type DemoPipeline,
  type DemoRiver,
  type Place,
} from './country.js';

/** What a device stands at; tells the simulator which model its values come from. */
export type DemoRole = 'river' | 'rain' | 'pipe' | 'tank' | 'pump';

/** A device of the demo country, before it is registered. */
export interface DemoDevice {
  readonly deviceId: string;
  readonly name: string;
  /** Code of the municipality. */
  readonly municipality: string;
  readonly place: Place;
  /** Sensor codes, which are those of their types. */
  readonly metrics: readonly string[];
  /** Own thresholds instead of those of the type, by metric. */
  readonly thresholds: Readonly<Record<string, RiskThresholds>>;
  /** Whether the simulator publishes for it. */
  readonly simulated: boolean;
  readonly role: DemoRole;
  readonly river?: string;
  readonly pipeline?: string;
  /** Place along the river or pipeline, from the source. */
  readonly order?: number;
}

/** Every device reports on its own state. */
const HOUSEKEEPING = ['battery_level', 'signal_strength'];
const RAIN_GAUGES = 3;
/** Devices that nobody publishes for, so that people and tests can. */
const PORTABLE_DEVICES = 3;
const PORTABLE_METRICS = ['water_level_cm', 'rainfall_mm', 'flow_m3h', 'pressure_bar', 'temperature_c'];
/** Tanks are in danger when they run empty. */
const TANK_LEVELS: RiskThresholds = { direction: 'below', medium: 95, high: 70, critical: 45 };

/** All devices of the demo country. */
export function demoDevices(): DemoDevice[] {
  return [
    ...RIVERS.flatMap(riverGauges),
    ...MUNICIPALITIES.flatMap(({ code, centre }) => rainGauges(code, centre)),
    ...PIPELINES.flatMap(pipelineDevices),
    ...MUNICIPALITIES.flatMap(({ code, centre }) => portableDevices(code, centre)),
  ];
}

function riverGauges({ name, course, gauges }: DemoRiver): DemoDevice[] {
  const owners = gauges.flatMap(({ municipality, count }) => Array.from({ length: count }, () => municipality));
  return owners.map((municipality, index) => ({
    deviceId: `${name}-gauge-${two(index + 1)}`,
    name: `River gauge ${index + 1} at the ${titled(name)}`,
    municipality,
    place: placeAlong(course, (index + 0.5) / owners.length),
    metrics: ['water_level_cm', 'temperature_c', ...HOUSEKEEPING],
    thresholds: {},
    simulated: true,
    role: 'river' as const,
    river: name,
    order: index + 1,
  }));
}

function rainGauges(municipality: string, [latitude, longitude]: Place): DemoDevice[] {
  return Array.from({ length: RAIN_GAUGES }, (_, index) => ({
    deviceId: `${municipality}-rain-${two(index + 1)}`,
    name: `Rain gauge ${index + 1}`,
    municipality,
    place: [rounded(latitude + 0.045 - index * 0.04), rounded(longitude - 0.05 + index * 0.045)],
    metrics: ['rainfall_mm', 'temperature_c', ...HOUSEKEEPING],
    thresholds: {},
    simulated: true,
    role: 'rain' as const,
  }));
}

function pipelineDevices({ name, municipality, from, to, points }: DemoPipeline): DemoDevice[] {
  const line = [from, to];
  const common = { municipality, simulated: true, pipeline: name };
  const pump: DemoDevice = {
    ...common,
    deviceId: `${name}-pump`,
    name: `Pumping station ${titled(name)}`,
    place: [rounded(from[0] + 0.006), rounded(from[1] + 0.004)],
    metrics: ['flow_m3h', 'pressure_bar', ...HOUSEKEEPING],
    thresholds: {},
    role: 'pump',
    order: 0,
  };
  const tank: DemoDevice = {
    ...common,
    deviceId: `${name}-tank`,
    name: `Tank ${titled(name)}`,
    place: placeAlong(line, 0),
    metrics: ['water_level_cm', 'chlorine_mg_l', ...HOUSEKEEPING],
    thresholds: { water_level_cm: TANK_LEVELS },
    role: 'tank',
    order: 1,
  };
  const measuringPoints = Array.from({ length: points }, (_, index): DemoDevice => ({
    ...common,
    deviceId: `${name}-pipe-${two(index + 1)}`,
    name: `Measuring point ${index + 1} on ${titled(name)}`,
    place: placeAlong(line, (index + 1) / points),
    metrics: [...pipeMetrics(index, points), ...HOUSEKEEPING],
    thresholds: {},
    role: 'pipe',
    order: index + 2,
  }));
  return [pump, tank, ...measuringPoints];
}

/** Pressure everywhere, flow at every second point, water quality in the middle and at the end. */
function pipeMetrics(index: number, points: number): string[] {
  const quality = index === points - 1 || index === Math.floor(points / 2);
  return [
    'pressure_bar',
    ...(index % 2 === 0 ? ['flow_m3h'] : []),
    ...(quality ? ['chlorine_mg_l', 'turbidity_ntu', 'temperature_c'] : []),
  ];
}

function portableDevices(municipality: string, [latitude, longitude]: Place): DemoDevice[] {
  return Array.from({ length: PORTABLE_DEVICES }, (_, index) => ({
    deviceId: `${municipality}-portable-${two(index + 1)}`,
    name: `Portable station ${index + 1}`,
    municipality,
    place: [rounded(latitude - 0.012), rounded(longitude + 0.012 + index * 0.008)],
    metrics: [...PORTABLE_METRICS, ...HOUSEKEEPING],
    thresholds: {},
    simulated: false,
    role: 'river' as const,
  }));
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function titled(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash && ' '}${letter.toUpperCase()}`);
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(5));
}
