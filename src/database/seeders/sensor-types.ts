/** A sensor type that every installation starts with. */
export interface SeededSensorType {
  readonly code: string;
  readonly name: string;
  readonly unit: string;
  /** A value outside is stored with quality bad: what the instrument cannot measure. */
  readonly validMin: number;
  readonly validMax: number;
  /** Digits after the point that are shown. */
  readonly precision: number;
  /** From which value on the risk is medium, high, critical; `below`: as the value falls. */
  readonly thresholds?: {
    readonly direction: 'above' | 'below';
    readonly medium?: number;
    readonly high?: number;
    readonly critical?: number;
  };
}

const above = (medium: number, high: number, critical: number) =>
  ({ direction: 'above', medium, high, critical }) as const;
const below = (medium: number, high: number, critical: number) =>
  ({ direction: 'below', medium, high, critical }) as const;

/**
 * Usual instruments of rivers and water networks. Ranges are those of common instruments; the defaults for drinking water
 * follow the WHO guidelines (turbidity below 1 NTU at the plant and 4 NTU visible, free chlorine 0.2 to 5 mg/l, pH 6.5 to
 * 8.5); the rest are starting points that administrators change per type or per sensor.
 */
export const SENSOR_TYPES: readonly SeededSensorType[] = [
  {
    code: 'water_level_cm',
    name: 'Water level',
    unit: 'cm',
    validMin: -100,
    validMax: 2_000,
    precision: 1,
    thresholds: above(250, 350, 450),
  },
  {
    code: 'rainfall_mm',
    name: 'Rainfall since the last reading',
    unit: 'mm',
    validMin: 0,
    validMax: 200,
    precision: 1,
    thresholds: above(5, 10, 20),
  },
  { code: 'discharge_m3s', name: 'River discharge', unit: 'm³/s', validMin: 0, validMax: 20_000, precision: 2 },
  { code: 'flow_m3h', name: 'Flow', unit: 'm³/h', validMin: -5_000, validMax: 20_000, precision: 1 },
  {
    code: 'pressure_bar',
    name: 'Pressure',
    unit: 'bar',
    validMin: 0,
    validMax: 40,
    precision: 2,
    thresholds: below(2.5, 2, 1.5),
  },
  {
    code: 'tank_level_pct',
    name: 'Filling of a tank or reservoir',
    unit: '%',
    validMin: 0,
    validMax: 110,
    precision: 1,
    thresholds: below(40, 25, 15),
  },
  { code: 'pump_speed_rpm', name: 'Pump speed', unit: 'rpm', validMin: 0, validMax: 6_000, precision: 0 },
  { code: 'power_kw', name: 'Electric power', unit: 'kW', validMin: 0, validMax: 10_000, precision: 1 },
  { code: 'valve_position_pct', name: 'Valve opening', unit: '%', validMin: 0, validMax: 100, precision: 0 },
  { code: 'temperature_c', name: 'Temperature', unit: '°C', validMin: -50, validMax: 100, precision: 1 },
  {
    code: 'turbidity_ntu',
    name: 'Turbidity',
    unit: 'NTU',
    validMin: 0,
    validMax: 4_000,
    precision: 2,
    thresholds: above(1, 4, 10),
  },
  {
    code: 'chlorine_mg_l',
    name: 'Free chlorine',
    unit: 'mg/l',
    validMin: 0,
    validMax: 20,
    precision: 2,
    thresholds: below(0.3, 0.2, 0.1),
  },
  { code: 'ph', name: 'pH', unit: '', validMin: 0, validMax: 14, precision: 2 },
  { code: 'conductivity_us_cm', name: 'Conductivity', unit: 'µS/cm', validMin: 0, validMax: 100_000, precision: 0 },
  {
    code: 'battery_level',
    name: 'Battery',
    unit: '%',
    validMin: 0,
    validMax: 100,
    precision: 0,
    thresholds: below(30, 20, 10),
  },
  {
    code: 'signal_strength',
    name: 'Signal strength',
    unit: 'dBm',
    validMin: -140,
    validMax: 0,
    precision: 0,
    thresholds: below(-100, -110, -120),
  },
];
