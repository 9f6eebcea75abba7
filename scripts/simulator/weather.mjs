/**
 * Rain over one municipality. Storms arrive as a Poisson process with exponential depths, as in the pulse models of
 * Rodriguez-Iturbe, Cox and Isham (1987, Proc. R. Soc. Lond. A 410, 269–288); inside a storm the rain follows the
 * triangular hyetograph of Yen and Chow (1980, J. Hydraul. Div. ASCE 106, 1055–1076).
 * Storms are more frequent than in nature, so that a demo of an hour shows some.
 */
import { between, exponential } from './random.mjs';

/** Where in a storm the rain is heaviest, as a part of its duration: 0.3 to 0.5 for most places (Yen and Chow). */
const PEAK_AT = 0.375;
/** Mean time between the beginnings of storms, minutes. */
const MEAN_GAP = 12 * 60;
const DEPTH_MM = { least: 3, mean: 26, most: 80 };
/** Minutes. */
const DURATION = { least: 35, most: 160 };

/** @typedef {{ begin: number, duration: number, depthMm: number }} Storm begin and duration in minutes of the scenario */

/** The storm that river gauges are scaled to, and the first one of every scenario: short, heavy and early. */
export const DESIGN_STORM = { begin: 8, duration: 55, depthMm: 40 };

/** Rain of a storm at a minute, in mm per minute. @param {Storm} storm @param {number} minute */
export function intensityOf({ begin, duration, depthMm }, minute) {
  const part = (minute - begin) / duration;
  if (part <= 0 || part >= 1) return 0;
  const peak = (2 * depthMm) / duration;
  return part < PEAK_AT ? (peak * part) / PEAK_AT : (peak * (1 - part)) / (1 - PEAK_AT);
}

export class Weather {
  /** mm per minute. */
  rain = 0;
  /** mm since the scenario began. */
  rainSum = 0;
  minuteOfDay = 0;
  /** @type {Storm[]} those that are not over; the last one is still to come */
  #storms;
  #random;

  /** @param {() => number} random @param {{ first?: Storm }} [options] first: the first storm; by chance unless given */
  constructor(random, { first } = {}) {
    this.#random = random;
    this.#storms = [first ?? this.#stormAfter(0)];
  }

  /**
   * Goes on to a minute; called for every minute in turn.
   * @param {number} minute @param {number} minuteOfDay
   * @returns {Storm | null} the storm that begins
   */
  step(minute, minuteOfDay) {
    this.minuteOfDay = minuteOfDay;
    let began = null;
    while (this.#storms.at(-1).begin <= minute) {
      began = this.#storms.at(-1);
      this.#storms.push(this.#stormAfter(began.begin));
    }
    this.#storms = this.#storms.filter((storm) => storm.begin + storm.duration > minute);
    this.rain = this.#storms.reduce((sum, storm) => sum + intensityOf(storm, minute), 0);
    this.rainSum += this.rain;
    return began;
  }

  #stormAfter(minute) {
    const depth = DEPTH_MM.least + exponential(this.#random, DEPTH_MM.mean - DEPTH_MM.least);
    return {
      begin: minute + exponential(this.#random, MEAN_GAP),
      duration: between(this.#random, DURATION.least, DURATION.most),
      depthMm: Math.min(DEPTH_MM.most, depth),
    };
  }
}
