/** PostgreSQL on a private port, from the npm package's programs or Debian's. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, serviceAccount } from './account.mjs';
import { embeddedBinaries } from './postgres-binaries.mjs';
import { killProcess, identify, startTimeOf, stopProcess } from './process.mjs';
import { Service, startService } from './service.mjs';

const USER = 'hydroalert';

/** A killed process loses nothing with these (commits are still written to the operating system), a power cut does. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '200', shared_buffers: '64MB' };

/**
 * @param {import('./service.mjs').PlaceOptions & { password?: string, database?: string, durable?: boolean,
 *   binaries?: string, binariesHome?: string, settings?: Record<string, string> }} [options]
 *   durable: settings for data that matter; binaries: folder with `initdb` and `postgres`, the npm package's by default;
 *   binariesHome: where to copy them to when the service account cannot read them; settings: for postgresql.conf
 */
export async function startPostgres({
  password = randomBytes(12).toString('hex'),
  database = USER,
  durable = false,
  binaries,
  binariesHome = process.env.TEST_SERVICES_DIR,
  settings = {},
  ...options
} = {}) {
  return startService('postgres', options, async (place) => {
    const bin = binaries ?? embeddedBinaries(binariesHome ?? place.dir);
    const data = join(place.dir, 'data');
    const kept = initialise({ bin, data, dir: place.dir, password, database });
    const values = {
      ...(durable ? {} : TEST_SETTINGS),
      port: String(place.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      timezone: 'UTC',
      log_timezone: 'UTC',
      ...settings,
    };
    const args = ['-D', data, ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const kind = {
      name: 'postgres',
      command: join(bin, 'postgres'),
      args,
      stopSignal: /** @type {const} */ ('SIGINT'), // "fast": ends sessions instead of waiting for them
      order: 3,
      before: () => endLeftover(data),
      ready: async () => statusOf(data) === 'ready',
    };
    return new Service(kind, place, `postgresql://${USER}:${kept}@127.0.0.1:${place.port}/${database}`);
  });
}

/** Makes the cluster and the database on first use. @returns {string} the password in force (an older start's, if any) */
function initialise({ bin, data, dir, password, database }) {
  const passwordFile = join(dir, 'password');
  // The version file of the database is written by the last step, so a first start that was cut short begins anew.
  const finished = join(dir, 'initialised');
  if (existsSync(finished)) return readFileSync(passwordFile, 'utf8').trim();
  rmSync(data, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  privateFolder(dir);
  const run = { ...serviceAccount(), cwd: dir, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync', '--no-instructions'];
  quietly(join(bin, 'initdb'), ['-D', data, '-U', USER, `--pwfile=${passwordFile}`, ...flags], run);
  const single = ['--single', '-D', data, '-c', 'fsync=off', 'postgres'];
  quietly(join(bin, 'postgres'), single, { ...run, input: `CREATE DATABASE "${database}"\n` });
  writeFileSync(finished, '');
  return password;
}

function quietly(command, args, options) {
  try {
    execFileSync(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${command} failed: ${error.stderr || error.stdout || error.message}`, { cause: error });
  }
}

/** The state in the lock file's eighth line: `starting`, `ready`, `stopping`. */
function statusOf(data) {
  return lockLines(data)[7]?.trim();
}

function lockLines(data) {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return []; // not started yet
  }
}

/** A launcher that was killed leaves its server running: end it, so that the new one gets the data folder. */
async function endLeftover(data) {
  const pid = Number(lockLines(data)[0]);
  if (Number.isInteger(pid) && pid > 0 && servesFolder(pid, data)) {
    const leftover = identify(pid);
    await stopProcess(leftover, { signal: 'SIGINT', timeoutMs: 20_000 });
    await killProcess(leftover);
  }
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

/** A server's working folder is its data folder; the pid in an old lock file may meanwhile belong to anybody. */
function servesFolder(pid, data) {
  if (startTimeOf(pid) === null) return false;
  if (process.platform !== 'linux')
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === data;
  } catch {
    return false; // another user's process: not ours
  }
}
