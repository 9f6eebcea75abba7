/** Readings of one device that the broker has not acknowledged, oldest first; bounded as the memory of a logger is. */

export class Backlog {
  #waiting = [];
  #underWay = [];
  #limit;
  #dropped = 0;

  /** @param {number} limit readings that are kept; the oldest give way */
  constructor(limit) {
    this.#limit = limit;
  }

  get size() {
    return this.#waiting.length + this.#underWay.length;
  }

  /** Readings that were given up because there were too many. */
  get dropped() {
    return this.#dropped;
  }

  /** Whether `take` has handed out readings that are neither done nor given back. */
  get busy() {
    return this.#underWay.length > 0;
  }

  /** @param {string} reading a reading set as JSON */
  add(reading) {
    this.#waiting.push(reading);
    this.#trim();
  }

  /** Hands out the oldest readings; they are kept until `done` or `giveBack`. @param {number} most @returns {string[]} */
  take(most) {
    if (this.busy) throw new Error('the readings taken before are still under way');
    this.#underWay = this.#waiting.splice(0, most);
    return this.#underWay;
  }

  /** The readings taken are acknowledged. @returns {number} how many they were */
  done() {
    return this.#underWay.splice(0).length;
  }

  /** The readings taken were not handed over and have to be sent again. */
  giveBack() {
    this.#waiting.unshift(...this.#underWay.splice(0));
    this.#trim();
  }

  #trim() {
    const tooMany = this.size - this.#limit;
    if (tooMany <= 0) return;
    this.#dropped += this.#waiting.splice(0, tooMany).length;
  }
}
