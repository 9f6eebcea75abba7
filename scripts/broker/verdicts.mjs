/**
 * Remembers for a short time what the application decided. A remembered "allowed" answers at once and is asked again
 * in the background, so that a withdrawn right ends soon, a device is not slowed down, and a restart of the application
 * does not throw out devices that are connected. "Denied" is always asked anew.
 */

/** After this the application is asked again, in the background. */
const FRESH_MS = 1_000;
/** How long an old "allowed" counts while the application is away. */
const KEEP_MS = 30_000;
/** Bounds the memory; the oldest go first. */
const MAX_VERDICTS = 20_000;

/** @typedef {{ confirmedAt: number, askedAt: number }} Allowed */

export class VerdictCache {
  /** @type {Map<string, Allowed>} */
  #allowed = new Map();
  #now;

  /** @param {() => number} [now] milliseconds */
  constructor(now = Date.now) {
    this.#now = now;
  }

  /**
   * @param {string} key identifies the question
   * @param {() => Promise<boolean>} ask the application
   * @param {() => void} onWithdrawn called when a right is gone that this call, or an earlier one, granted
   * @returns {Promise<boolean>} @throws what `ask` throws, when nothing usable is remembered
   */
  async decide(key, ask, onWithdrawn) {
    const known = this.#allowed.get(key);
    const now = this.#now();
    if (known === undefined || now - known.confirmedAt > KEEP_MS) return this.#ask(key, ask);
    if (now - known.askedAt > FRESH_MS) {
      known.askedAt = now;
      // When the application is away the remembered verdict goes on counting until it is too old.
      this.#ask(key, ask).then(
        (allowed) => allowed || onWithdrawn(),
        () => undefined,
      );
    }
    return true;
  }

  async #ask(key, ask) {
    const askedAt = this.#now();
    const allowed = await ask();
    this.#allowed.delete(key);
    if (allowed) this.#allowed.set(key, { confirmedAt: this.#now(), askedAt });
    if (this.#allowed.size > MAX_VERDICTS) this.#allowed.delete(this.#allowed.keys().next().value);
    return allowed;
  }
}
