/** The demo's folder `.demo`: secrets, ports, what was seeded, who runs it; and where the services' data lie. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outsideBases, reachableFolder } from '../services/account.mjs';
import { identify, isAlive } from '../services/process.mjs';
import { ProcessRegistry } from '../services/registry.mjs';

/** Data that cannot lie in the project (root-only home) are found again by this file beside them. */
const MARK = 'project.json';

export class DemoFolder {
  /** @param {string} project */
  constructor(project) {
    this.project = project;
    this.path = join(project, '.demo');
    this.demoFile = join(this.path, 'demo.json');
    this.seedFile = join(this.path, 'seed.json');
    this.registry = new ProcessRegistry(join(this.path, 'processes'));
    mkdirSync(this.path, { recursive: true });
  }

  /** Secrets of this demo, made at the first start. @returns {Record<string, string>} */
  secrets() {
    const known = this.#read('secrets.json') ?? {};
    const secrets = {
      id: known.id ?? randomBytes(6).toString('hex'),
      JWT_SECRET: known.JWT_SECRET ?? randomBytes(48).toString('base64'),
      ENCRYPTION_KEY: known.ENCRYPTION_KEY ?? randomBytes(32).toString('base64'),
      BROKER_HOOK_TOKEN: known.BROKER_HOOK_TOKEN ?? randomBytes(24).toString('hex'),
      MQTT_PASSWORD: known.MQTT_PASSWORD ?? randomBytes(24).toString('hex'),
      postgresPassword: known.postgresPassword ?? randomBytes(16).toString('hex'),
      redisPassword: known.redisPassword ?? randomBytes(16).toString('hex'),
    };
    this.#write('secrets.json', secrets);
    return secrets;
  }

  /** What is kept from start to start: ports, and which database was seeded. @returns {Record<string, unknown>} */
  state() {
    return this.#read('state.json') ?? {};
  }

  /** @param {Record<string, unknown>} changes */
  remember(changes) {
    this.#write('state.json', { ...this.state(), ...changes });
  }

  /** Folder for the services' data, which the account that runs them can reach. @param {string} id of this demo */
  dataFolder(id) {
    const folder = reachableFolder(join(this.path, 'data'), { key: `${this.project}#${id}` });
    writeFileSync(join(folder, MARK), JSON.stringify({ project: this.project, id }));
    return folder;
  }

  logFolder() {
    const folder = join(this.path, 'logs');
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Keeps one older log. @param {string} file */
  rotateLog(file) {
    if (existsSync(file)) renameSync(file, `${file}.old`);
  }

  /** The process that runs this demo now, if any. */
  runningLauncher() {
    const launcher = this.#read('launcher.json');
    return launcher && isAlive(launcher) && launcher.pid !== process.pid ? launcher : null;
  }

  claim() {
    this.#write('launcher.json', identify(process.pid));
  }

  release() {
    rmSync(join(this.path, 'launcher.json'), { force: true });
  }

  /** Records a step that ends by itself, so that it is ended when the demo is stopped meanwhile. */
  recordStep(name, identity) {
    this.registry.add({ name, order: 0, ...identity });
  }

  /** Removes everything, with the data outside of the project. */
  reset() {
    for (const folder of outsideFolders()) if (folder.project === this.project) remove(folder.path);
    remove(this.path);
    mkdirSync(this.path, { recursive: true });
  }

  /** Removes data outside of the project that an earlier clone at this path has left. @param {string} id of this demo */
  removeOrphans(id) {
    for (const folder of outsideFolders()) {
      if (folder.project === this.project && folder.id !== id) remove(folder.path);
    }
  }

  #read(name) {
    const file = join(this.path, name);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  }

  /** Written aside and renamed: a crash leaves the old file or the new one, never half of one. */
  #write(name, value) {
    const file = join(this.path, name);
    writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

/** @returns {{ path: string, project: string, id: string }[]} */
function outsideFolders() {
  if (process.getuid?.() !== 0) return [];
  return outsideBases()
    .filter((base) => existsSync(base))
    .flatMap((base) => readdirSync(base).map((name) => join(base, name)))
    .filter((path) => /\/hydroalert-[0-9a-f]{12}$/.test(path))
    .flatMap((path) => readMark(path));
}

/** @returns {{ path: string, project: string, id: string }[]} empty for a folder that no demo has marked */
function readMark(path) {
  try {
    return [{ path, ...JSON.parse(readFileSync(join(path, MARK), 'utf8')) }];
  } catch {
    return [];
  }
}

function remove(path) {
  rmSync(path, { recursive: true, force: true });
}
