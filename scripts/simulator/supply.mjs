/** A water network in use: people draw water, now and then a pipe bursts and is repaired. */
import { Outages } from './faults.mjs';
import { exponential, normal } from './random.mjs';
import { WaterNetwork } from './water-network.mjs';

/** Minutes: how long a burst lasts, and the mean time to the next one. */
const BURST_LASTS = 170;
const BURST_GAP = 60 * 60;
/** Deviation of the use from the usual course of the day, and the minutes in which that changes. */
const NOISE = 0.04;
const NOISE_MINUTES = 12;

export class Supply {
  network;
  #random;
  #bursts;
  #count;
  #firstPlace;
  #burst = null;
  #noise = 0;

  /**
   * @param {number} count of measuring points along the line
   * @param {() => number} random
   * @param {{ minute: number, index: number }} [firstBurst] when and where the first burst is; by chance unless given
   */
  constructor(count, random, firstBurst) {
    this.network = new WaterNetwork(count, random);
    this.#random = random;
    this.#count = count;
    this.#firstPlace = firstBurst?.index;
    const first = firstBurst?.minute ?? BURST_GAP / 4 + exponential(random, BURST_GAP);
    this.#bursts = new Outages(random, { first, lasts: BURST_LASTS, gap: BURST_GAP });
  }

  /**
   * Lets one minute pass.
   * @returns {{ event: 'pipe burst' | 'pipe repaired', index: number } | null} what happened
   */
  step(minute, minuteOfDay) {
    const kept = 1 - 1 / NOISE_MINUTES;
    this.#noise = kept * this.#noise + Math.sqrt(1 - kept * kept) * NOISE * normal(this.#random);
    this.network.step(minuteOfDay, this.#noise);
    const burst = this.#count > 0 ? this.#bursts.at(minute) : null;
    if (burst === this.#burst) return null;
    const ended = this.#burst;
    this.#burst = burst;
    return burst ? this.#break(burst) : this.#repair(ended);
  }

  #break(burst) {
    burst.index = this.#firstPlace ?? Math.floor(this.#random() * this.#count);
    this.#firstPlace = undefined;
    this.network.break(burst.index);
    return { event: 'pipe burst', index: burst.index };
  }

  #repair({ index }) {
    this.network.repair();
    return { event: 'pipe repaired', index };
  }
}
