/** The life of one service process: start, wait until it answers, stop, kill, start again on the same port and data. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder, serviceAccount, temporaryFolder } from './account.mjs';
import { freePort } from './ports.mjs';
import { identify, isAlive, killProcess, spawnLogged, stopProcess, tailOf } from './process.mjs';
import { ProcessRegistry } from './registry.mjs';

/**
 * @typedef {object} ServiceKind
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {() => Promise<void>} [before] runs before every start, also before one after a kill
 * @property {() => Promise<boolean>} ready asked again and again until true
 * @property {NodeJS.Signals} [stopSignal]
 * @property {number} [order] place in the order of ending leftovers
 * @property {number} [stopTimeoutMs] after which it is killed
 * @property {import('./account.mjs').Account} [account] who runs it; the service account by default
 * @property {string} [cwd] its own folder by default
 */

/**
 * @typedef {{ dir?: string, port?: number, registry?: ProcessRegistry, account?: import('./account.mjs').Account }} PlaceOptions
 * account: whom the folder is given to; the service account by default
 */

const START_TIMEOUT_MS = 60_000;

/**
 * Folder, port and registry of a service. Without a folder it gets a temporary one, which disappears on stop; processes
 * started within a test run are recorded there, so that they cannot outlive it.
 * @param {string} name
 * @param {PlaceOptions} options
 */
export async function placeService(name, { dir, port, registry, account }) {
  const folder = dir === undefined ? temporaryFolder(name, account) : privateFolder(dir, account);
  const runFolder = process.env.TEST_SERVICES_DIR;
  return {
    dir: folder,
    temporary: dir === undefined,
    port: port ?? (await freePort()),
    registry: registry ?? (runFolder ? new ProcessRegistry(join(runFolder, 'processes')) : undefined),
  };
}

/** A running (or stopped) service; tests hold on to it across kills and restarts. */
export class Service {
  #kind;
  #place;
  #identity;

  /** @param {ServiceKind} kind @param {Awaited<ReturnType<typeof placeService>>} place @param {string} url */
  constructor(kind, place, url) {
    this.#kind = kind;
    this.#place = place;
    this.name = kind.name;
    this.url = url;
    this.host = '127.0.0.1';
    this.port = place.port;
    this.dir = place.dir;
    this.logFile = join(place.dir, `${kind.name}.log`);
    this.pid = 0;
    /** @type {((code: number | null, signal: string | null) => void) | undefined} called when it ends, wanted or not */
    this.onExit = undefined;
  }

  get running() {
    return this.#identity !== undefined && isAlive(this.#identity);
  }

  /** Starts the process and resolves when it answers. @throws with the end of its log when it does not */
  async start() {
    const { command, args, env, name, stopSignal, order, account, cwd } = this.#kind;
    await this.#kind.before?.();
    const child = await spawnLogged(command, args, {
      ...(account ?? serviceAccount()),
      cwd: cwd ?? this.dir,
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: this.dir, ...env },
      logFile: this.logFile,
    });
    let ended = false;
    child.once('exit', (code, signal) => {
      ended = true;
      this.#place.registry?.remove(child.pid);
      this.onExit?.(code, signal);
    });
    this.pid = child.pid;
    this.#identity = ended ? undefined : identifyOrNone(child.pid);
    if (this.#identity) this.#place.registry?.add({ name, ...this.#identity, stopSignal, order });
    await this.#untilReady(() => ended);
  }

  async #untilReady(hasEnded) {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#kind.ready())) {
      if (hasEnded() || Date.now() > deadline) {
        await this.kill();
        throw new Error(
          `${this.name} did not start on port ${this.port}. End of ${this.logFile}:\n${tailOf(this.logFile)}`,
        );
      }
      await sleep(25);
    }
    if (hasEnded()) throw new Error(`${this.name}: another process answers on port ${this.port}`);
  }

  /** Ends it politely (data written out); a temporary folder disappears. */
  async stop() {
    await this.#end();
    if (this.#place.temporary) rmSync(this.dir, { recursive: true, force: true });
  }

  async #end() {
    const { stopSignal: signal, stopTimeoutMs: timeoutMs = 30_000 } = this.#kind;
    if (this.#identity) await stopProcess(this.#identity, { signal, timeoutMs });
  }

  /** Ends it and its children at once, like a power cut for the process (SIGKILL). The data stay for `start()`. */
  async kill() {
    if (this.#identity) await killProcess(this.#identity);
  }

  /** Kills it (or stops it politely) and starts it again on the same port and data. @param {{ polite?: boolean }} [options] */
  async restart({ polite = false } = {}) {
    if (polite) await this.#end();
    else await this.kill();
    await this.start();
  }
}

/** A process may end before it can be looked up; its exit event tells the rest. */
function identifyOrNone(pid) {
  try {
    return identify(pid);
  } catch {
    return undefined;
  }
}

/**
 * Starts a service; when the port was not asked for and another program took it meanwhile, tries with another one.
 * @param {string} name
 * @param {PlaceOptions} options
 * @param {(place: Awaited<ReturnType<typeof placeService>>) => Promise<Service>} make prepares the data and builds the service
 * @returns {Promise<Service>}
 */
export async function startService(name, options, make) {
  const place = await placeService(name, options);
  for (let attempt = 1; ; attempt += 1) {
    const service = await make(place);
    try {
      await service.start();
      return service;
    } catch (error) {
      if (options.port !== undefined || attempt === 3) {
        if (place.temporary) rmSync(place.dir, { recursive: true, force: true });
        throw error;
      }
      place.port = await freePort();
    }
  }
}
