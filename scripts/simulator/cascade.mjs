/**
 * A chain of equal linear reservoirs: each gives away a fixed part of what it holds. Fed with rain it is the unit
 * hydrograph of a catchment (Nash 1957, IAHS Publ. 45, 114–121); fed with the flow of a river it is a reach that delays
 * the wave and makes it flatter (Kalinin and Milyukov 1957).
 */
export class Cascade {
  #stores;
  #minutes;
  #kept;

  /**
   * @param {number} count of reservoirs
   * @param {number} minutes that water stays in each, on average; the chain delays by `count * minutes`
   */
  constructor(count, minutes) {
    this.#stores = new Float64Array(count);
    this.#minutes = minutes;
    this.#kept = Math.exp(-1 / minutes);
  }

  /** What the chain holds. */
  get storage() {
    return this.#stores.reduce((sum, store) => sum + store, 0);
  }

  /** Lets one minute pass. @param {number} inflow during it @returns {number} mean outflow during it; no water is lost */
  step(inflow) {
    let flow = inflow;
    for (let i = 0; i < this.#stores.length; i++) {
      const before = this.#stores[i];
      const after = before * this.#kept + flow * this.#minutes * (1 - this.#kept);
      this.#stores[i] = after;
      flow += before - after;
    }
    return flow;
  }
}
