/** What goes wrong: a sensor that lies, and spans in which something is broken or away. */
import { between, exponential } from './random.mjs';

/** @typedef {'sound' | 'stuck' | 'spikes' | 'out of range'} Condition of a failing sensor */

/** Conditions of a failing sensor and how long each lasts, in minutes; then it starts over. */
const PHASES = [
  ['sound', 75],
  ['stuck', 100],
  ['sound', 25],
  ['spikes', 75],
  ['sound', 15],
  ['out of range', 45],
  ['sound', 145],
];
const CYCLE = PHASES.reduce((sum, [, minutes]) => sum + minutes, 0);
const SPIKE_PROBABILITY = 0.18;
/** What many loggers hand over when a sensor does not answer. */
const NO_ANSWER = -9999;

/** @param {number} minute @returns {Condition} */
export function conditionAt(minute) {
  let rest = minute % CYCLE;
  for (const [condition, minutes] of PHASES) {
    if (rest < minutes) return condition;
    rest -= minutes;
  }
  return 'sound';
}

export class FailingSensor {
  #random;
  #stuckAt = null;

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random;
  }

  /** What the sensor hands over instead of the true value. @param {number} value @param {Condition} condition */
  distort(value, condition) {
    this.#stuckAt = condition === 'stuck' ? (this.#stuckAt ?? value) : null;
    if (condition === 'out of range') return NO_ANSWER;
    if (condition === 'spikes' && this.#random() < SPIKE_PROBABILITY) return value * between(this.#random, 1.8, 3);
    return this.#stuckAt ?? value;
  }
}

export class Outages {
  #random;
  #means;
  #next;

  /**
   * @param {() => number} random
   * @param {{ first: number, lasts: number, gap: number }} means in minutes: begin of the first, usual duration, mean
   *   time from the end of one to the begin of the next
   */
  constructor(random, means) {
    this.#random = random;
    this.#means = means;
    this.#next = { begin: means.first, end: means.first + means.lasts };
  }

  /**
   * The span that a minute is in, the same object each time; null between them.
   * @param {number} minute never less than in the call before
   * @returns {{ begin: number, end: number } | null}
   */
  at(minute) {
    while (this.#next.end <= minute) {
      const begin = this.#next.end + exponential(this.#random, this.#means.gap);
      this.#next = { begin, end: begin + this.#means.lasts * between(this.#random, 0.6, 1.4) };
    }
    return this.#next.begin <= minute ? this.#next : null;
  }
}
