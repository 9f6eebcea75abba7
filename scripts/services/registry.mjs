/**
 * Remembers on disk which processes were started, so that a later start can end what a killed launcher left behind.
 * One file per process: several launchers and test workers write at once.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, killProcess, stopProcess } from './process.mjs';

/**
 * @typedef {import('./process.mjs').ProcessIdentity & { name: string, stopSignal?: NodeJS.Signals, order?: number }} Entry
 * `order`: leftovers with lower numbers are ended first
 */

export class ProcessRegistry {
  /** @param {string} folder where the files lie; made on first use */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {Entry} entry */
  add(entry) {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.#file(entry.pid), JSON.stringify(entry));
  }

  /** @param {number} pid */
  remove(pid) {
    rmSync(this.#file(pid), { force: true });
  }

  /** Entries whose process still lives. @returns {Entry[]} */
  living() {
    return this.#entries().filter((entry) => isAlive(entry));
  }

  /**
   * Ends every recorded process that still lives, in order, and forgets all.
   * @param {{ force?: boolean, timeoutMs?: number }} [options] force: SIGKILL at once
   * @returns {Promise<string[]>} the names of the processes ended
   */
  async sweep({ force = false, timeoutMs } = {}) {
    const living = this.living().sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
    for (const entry of living) {
      if (force) await killProcess(entry);
      else await stopProcess(entry, { signal: entry.stopSignal, timeoutMs });
    }
    rmSync(this.folder, { recursive: true, force: true });
    return living.map((entry) => entry.name);
  }

  #entries() {
    let names;
    try {
      names = readdirSync(this.folder);
    } catch {
      return []; // nothing was ever recorded
    }
    return names.flatMap((name) => readEntry(join(this.folder, name)));
  }

  #file(pid) {
    return join(this.folder, `${pid}.json`);
  }
}

/** @returns {Entry[]} empty when the file is being written, or was cut short by a crash */
function readEntry(file) {
  try {
    return [JSON.parse(readFileSync(file, 'utf8'))];
  } catch {
    return [];
  }
}
