/** Battery and radio of a device: both change slowly, and differently for each. */
import { between, normal } from './random.mjs';

const DAY = 24 * 60;
/** A failing battery loses this much per minute and is replaced at the lowest level. */
const DRAIN = 1.4 / 60;
const REPLACED_AT = 8;
/** Minutes over which the radio's fading forgets itself (exponential correlation, Gudmundson 1991), and its size in dB. */
const FADING_MINUTES = 45;
const FADING_DB = 3;
/** Rain weakens the radio: dB at 1 mm per minute. */
const RAIN_DB = 4;

export class PowerAndRadio {
  #random;
  #battery;
  #weak;
  #radio;
  #fading = 0;
  #sampledAt = 0;

  /** @param {() => number} random @param {{ weak?: boolean }} [options] weak: the battery fails */
  constructor(random, { weak = false } = {}) {
    this.#random = random;
    this.#weak = weak;
    this.#battery = weak ? 31 : between(random, 68, 96);
    this.#radio = between(random, -98, -68);
  }

  /** Percent. A sound one is charged by its solar panel at day. @param {number} minute @param {number} minuteOfDay */
  batteryAt(minute, minuteOfDay) {
    if (this.#weak) {
      const cycle = (100 - REPLACED_AT) / DRAIN;
      const used = (minute + (100 - this.#battery) / DRAIN) % cycle;
      return 100 - used * DRAIN;
    }
    return this.#battery + 3 * Math.sin((2 * Math.PI * (minuteOfDay - 11 * 60)) / DAY);
  }

  /** dBm. @param {number} minute never less than before @param {number} rain mm per minute */
  signalAt(minute, rain) {
    const kept = Math.exp(-Math.max(0, minute - this.#sampledAt) / FADING_MINUTES);
    this.#sampledAt = minute;
    this.#fading = kept * this.#fading + Math.sqrt(1 - kept * kept) * FADING_DB * normal(this.#random);
    return this.#radio + this.#fading - RAIN_DB * rain;
  }
}
