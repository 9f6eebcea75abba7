/** How an instrument hands over what it measures: with noise, in its own steps. */
import { between, normal } from './random.mjs';

/** Digits after the point. */
const DIGITS = {
  water_level_cm: 1,
  rainfall_mm: 1,
  discharge_m3s: 2,
  flow_m3h: 1,
  pressure_bar: 2,
  tank_level_pct: 1,
  pump_speed_rpm: 0,
  temperature_c: 1,
  battery_level: 1,
  signal_strength: 0,
  turbidity_ntu: 2,
  chlorine_mg_l: 2,
};

/** Deviation of the noise: in the unit, and as a part of the value. */
const NOISE = {
  water_level_cm: [0.3, 0],
  discharge_m3s: [0, 0.02],
  flow_m3h: [0.1, 0.008],
  pressure_bar: [0.012, 0],
  tank_level_pct: [0.1, 0],
  pump_speed_rpm: [0, 0.002],
  temperature_c: [0.06, 0],
  turbidity_ntu: [0.01, 0.03],
  chlorine_mg_l: [0.008, 0],
};

/** Limits that no sound instrument leaves; 0 and up where a kind is not named. */
const BOUNDS = { temperature_c: [-40, 60], battery_level: [0, 100], signal_strength: [-120, -30] };

/** A tipping bucket counts tips of this depth, mm (WMO-No. 8, Guide to Instruments and Methods of Observation, ch. 6). */
const TIP_MM = 0.2;

export class Instrument {
  #kind;
  #random;
  #calibration;
  #tips = 0;

  /** @param {string} kind of metric @param {() => number} random */
  constructor(kind, random) {
    this.#kind = kind;
    this.#random = random;
    // Two rain gauges in one town never catch the same; two thermometers stand in different shade.
    this.#calibration = kind === 'rainfall_mm' ? between(random, 0.85, 1.15) : between(random, -0.8, 0.8);
  }

  /** @param {number} value the true one; of rain, the mm since the scenario began @returns {number} */
  read(value) {
    if (this.#kind === 'rainfall_mm') return this.#countTips(value * this.#calibration);
    const [fixed, relative] = NOISE[this.#kind] ?? [0, 0];
    const [low, high] = BOUNDS[this.#kind] ?? [0, Infinity];
    const shift = this.#kind === 'temperature_c' ? this.#calibration : 0;
    const noisy = value + shift + (fixed + relative * Math.abs(value)) * normal(this.#random);
    return this.round(Math.min(high, Math.max(low, noisy)));
  }

  /** To the digits that the instrument hands over. @param {number} value */
  round(value) {
    const factor = 10 ** DIGITS[this.#kind];
    return Math.round(value * factor) / factor;
  }

  /** Rain since the last reading, mm. */
  #countTips(sum) {
    const tips = Math.floor(sum / TIP_MM);
    const fallen = tips - this.#tips;
    this.#tips = tips;
    return this.round(fallen * TIP_MM);
  }
}
