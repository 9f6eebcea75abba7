import type { CreateRule } from '../../rules/rule-definition.js';
import { MUNICIPALITIES, PIPELINES } from './country.js';

/** What a demo rule watches, in names that hold before anything is registered. */
type DemoScope = { sensorTypeCode: string } | { deviceId: string; metric: string };

type WithoutOwner<T> = T extends unknown ? Omit<T, 'scope' | 'municipalityId'> : never;

/** A rule of the demo country; without a municipality it holds for the whole country. */
export interface DemoRule {
  readonly municipality: string | null;
  readonly scope: DemoScope;
  readonly rule: WithoutOwner<CreateRule>;
}

const defaults = { onDelaySeconds: 0, offDelaySeconds: 0, deadband: 0, enabled: true };

const NATIONAL: readonly DemoRule[] = [
  {
    municipality: null,
    scope: { sensorTypeCode: 'water_level_cm' },
    rule: {
      ...defaults,
      name: 'River high',
      kind: 'threshold',
      operator: '>',
      value: 350,
      severity: 'HIGH',
      deadband: 10,
    },
  },
  {
    municipality: null,
    scope: { sensorTypeCode: 'water_level_cm' },
    rule: {
      ...defaults,
      name: 'River at critical height',
      kind: 'threshold',
      operator: '>',
      value: 420,
      severity: 'CRITICAL',
      deadband: 10,
    },
  },
  {
    municipality: null,
    scope: { sensorTypeCode: 'rainfall_mm' },
    rule: {
      ...defaults,
      name: 'Heavy rain',
      kind: 'threshold',
      operator: '>=',
      value: 1,
      severity: 'MEDIUM',
      deadband: 0.5,
    },
  },
  {
    municipality: null,
    scope: { sensorTypeCode: 'turbidity_ntu' },
    rule: {
      ...defaults,
      name: 'Drinking water turbid',
      kind: 'threshold',
      operator: '>',
      value: 4,
      severity: 'HIGH',
      deadband: 0.5,
    },
  },
  {
    municipality: null,
    scope: { sensorTypeCode: 'battery_level' },
    rule: {
      ...defaults,
      name: 'Battery nearly empty',
      kind: 'threshold',
      operator: '<',
      value: 20,
      severity: 'LOW',
      deadband: 5,
    },
  },
  {
    municipality: null,
    scope: { sensorTypeCode: 'signal_strength' },
    rule: {
      ...defaults,
      name: 'Radio link weak',
      kind: 'threshold',
      operator: '<',
      value: -104,
      severity: 'LOW',
      deadband: 4,
    },
  },
];

const ofMunicipality = (municipality: string): DemoRule[] => [
  {
    municipality,
    scope: { sensorTypeCode: 'pressure_bar' },
    rule: {
      ...defaults,
      name: 'Network pressure low',
      kind: 'threshold',
      operator: '<',
      value: 2,
      severity: 'HIGH',
      onDelaySeconds: 30,
      deadband: 0.2,
    },
  },
  {
    municipality,
    scope: { sensorTypeCode: 'chlorine_mg_l' },
    rule: {
      ...defaults,
      name: 'Chlorine out of range',
      kind: 'range',
      min: 0.2,
      max: 1.5,
      severity: 'MEDIUM',
      deadband: 0.02,
    },
  },
];

const ofPipeline = (municipality: string, pipeline: string): DemoRule[] => [
  {
    municipality,
    scope: { deviceId: `${pipeline}-tank`, metric: 'water_level_cm' },
    rule: {
      ...defaults,
      name: `Tank ${pipeline} nearly empty`,
      kind: 'threshold',
      operator: '<',
      value: 70,
      severity: 'HIGH',
      deadband: 10,
    },
  },
  {
    municipality,
    scope: { deviceId: `${pipeline}-pipe-01`, metric: 'flow_m3h' },
    rule: {
      ...defaults,
      name: `Flow into ${pipeline} unusually high`,
      kind: 'threshold',
      operator: '>',
      value: 340,
      severity: 'MEDIUM',
      deadband: 20,
    },
  },
];

/** All rules of the demo country. */
export const DEMO_RULES: readonly DemoRule[] = [
  ...NATIONAL,
  ...MUNICIPALITIES.flatMap(({ code }) => ofMunicipality(code)),
  ...PIPELINES.flatMap(({ municipality, name }) => ofPipeline(municipality, name)),
];
