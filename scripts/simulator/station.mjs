/** One simulated device: its instruments, battery and radio, in what surrounds them. */
import { FailingSensor } from './faults.mjs';
import { Instrument } from './instruments.mjs';
import { PowerAndRadio } from './power.mjs';
import { randomOf } from './random.mjs';

export class SimulatedStation {
  #weather;
  #power;
  #channels;
  #failing;

  /**
   * @param {import('./layout.mjs').Station} station
   * @param {import('./sources.mjs').Sources} sources true values; metrics without a source are left out
   * @param {import('./weather.mjs').Weather} weather
   * @param {{ seed: string | number, failingMetric?: string, weakBattery: boolean }} options
   */
  constructor({ deviceId, metrics }, sources, weather, { seed, failingMetric, weakBattery }) {
    this.#weather = weather;
    this.#power = new PowerAndRadio(randomOf(seed, deviceId, 'power'), { weak: weakBattery });
    const known = {
      ...sources,
      battery_level: (minute) => this.#power.batteryAt(minute, weather.minuteOfDay),
      signal_strength: (minute) => this.#power.signalAt(minute, weather.rain),
    };
    this.#channels = metrics
      .filter(({ kind }) => known[kind])
      .map(({ code, kind }) => ({
        code,
        valueAt: known[kind],
        instrument: new Instrument(kind, randomOf(seed, deviceId, code)),
      }));
    this.#failing = { code: failingMetric, sensor: new FailingSensor(randomOf(seed, deviceId, 'fault')) };
  }

  /** Metrics that it hands over. */
  get codes() {
    return this.#channels.map(({ code }) => code);
  }

  /** One reading of each sensor, by metric code. @param {number} minute @param {import('./faults.mjs').Condition} condition */
  read(minute, condition) {
    const values = {};
    for (const { code, valueAt, instrument } of this.#channels) {
      const value = instrument.read(valueAt(minute));
      const shown = code === this.#failing.code ? this.#failing.sensor.distort(value, condition) : value;
      values[code] = instrument.round(shown);
    }
    return values;
  }

  /** What it says of itself in a status or heartbeat. @param {number} minute */
  health(minute) {
    return {
      battery_level: Math.round(this.#power.batteryAt(minute, this.#weather.minuteOfDay) * 10) / 10,
      signal_strength: Math.round(this.#power.signalAt(minute, this.#weather.rain)),
    };
  }
}
