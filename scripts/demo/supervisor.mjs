/** Keeps the started parts running: one that ends unasked is started again; stopping goes in reverse order. */
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 1_000;
const MAX_RESTARTS = 5;
const WITHIN_MS = 60_000;

export class Supervisor {
  /** @type {import('../services/service.mjs').Service[]} */
  #parts = [];
  #stopping = false;
  #onGiveUp;

  /** @param {(reason: string) => void} onGiveUp called when a part ends again and again */
  constructor(onGiveUp) {
    this.#onGiveUp = onGiveUp;
  }

  /** Stands between the steps of a start. @throws when the demo is being stopped meanwhile */
  proceed() {
    if (this.#stopping) throw new Error('interrupted');
  }

  /** Adds a running part. @param {import('../services/service.mjs').Service} part */
  watch(part) {
    this.#parts.push(part);
    let ends = [];
    part.onExit = (code, signal) => {
      if (this.#stopping) return;
      const now = Date.now();
      ends = [...ends.filter((time) => now - time < WITHIN_MS), now];
      console.error(`${part.name} ended unexpectedly (${signal ?? `exit code ${code}`}), see ${part.logFile}`);
      if (ends.length > MAX_RESTARTS) this.#onGiveUp(`${part.name} ended ${ends.length} times within a minute`);
      else void this.#revive(part);
    };
  }

  async #revive(part) {
    await sleep(WAIT_MS);
    if (this.#stopping) return;
    try {
      await part.start();
      console.error(`${part.name} runs again (process ${part.pid}).`);
    } catch (error) {
      // Its exit is counted by the watcher, which tries again or gives up.
      console.error(error.message);
    }
  }

  /** Ends the parts, the last one started first. @param {{ force: () => boolean }} options force: whether somebody lost patience */
  async stopAll({ force }) {
    this.#stopping = true;
    for (const part of [...this.#parts].reverse()) {
      const stopped = part.stop();
      while (!(await Promise.race([stopped.then(() => true), sleep(200, false)]))) if (force()) await part.kill();
    }
  }
}
