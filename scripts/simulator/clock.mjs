/**
 * Time-lapse: how the minutes of the scenario follow from the time that passes here.
 *
 * A storm that takes hours would be a dull demo, so the scenario runs `speed` times as fast as the wall clock: at 60, the
 * usual speed, one of its minutes takes a second and its day 24 minutes. Only the scenario is faster. Readings are
 * taken at the wall clock's intervals and carry the wall clock's time, "now", because the platform judges when they came
 * and draws them along real time. So a river that rises within the hour of the scenario rises within a minute on the
 * screen. At speed 1 the scenario is as slow as nature.
 */
export class ScenarioClock {
  #speed;
  #now;
  #start;

  /** @param {number} speed @param {() => number} [now] milliseconds that never go back, also when the machine's clock is set */
  constructor(speed, now = () => performance.now()) {
    this.#speed = speed;
    this.#now = now;
    this.#start = now();
  }

  /** Minute of the scenario. */
  get minute() {
    return ((this.#now() - this.#start) * this.#speed) / 60_000;
  }

  /** How long some minutes of the scenario take here, in milliseconds. @param {number} minutes */
  wait(minutes) {
    return (minutes * 60_000) / this.#speed;
  }
}
