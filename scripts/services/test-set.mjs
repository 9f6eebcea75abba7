/** The services that the tests use: all started side by side, each one only where no variable names another. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachableFolder } from './account.mjs';
import { startMariadb } from './mariadb.mjs';
import { postgisBinaries } from './postgres-binaries.mjs';
import { startMysql } from './mysql.mjs';
import { mysql9Binaries } from './mysql9-binaries.mjs';
import { startPostgres } from './postgres.mjs';
import { ProcessRegistry } from './registry.mjs';
import { startRedis } from './redis.mjs';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** Variable → how to start what it names. */
const STARTERS = {
  TEST_POSTGRES_URL: (options) => startPostgres(options),
  TEST_POSTGIS_URL: startPostgis,
  TEST_MYSQL_URL: startMysqlKind,
  TEST_REDIS_URL: (options) => startRedis(options),
};

/** MariaDB, or the real MySQL where the run asks for it (`npm run test:mysql9`). */
function startMysqlKind(options) {
  if (process.env.TEST_MYSQL_SERVER !== 'mysql9') return startMariadb(options);
  return startMysql({ ...options, binaries: mysql9Binaries(PROJECT) });
}

/** @returns {Promise<import('./service.mjs').Service | null>} null where PostGIS cannot be had */
async function startPostgis(options) {
  const binaries = postgisBinaries();
  if (binaries) return startPostgres({ ...options, binaries });
  console.error('PostGIS is not installed, so storage is tested on PostgreSQL without it.');
  return null;
}

/** @param {string} folder of one set of services */
export function processesIn(folder) {
  return new ProcessRegistry(join(folder, 'processes'));
}

/**
 * Starts what the environment does not name.
 * @param {string} wishedFolder for data, logs and the record of processes; another one is used where this one cannot be reached
 * @returns {Promise<{ folder: string, env: Record<string, string>, services: import('./service.mjs').Service[], stop: () => Promise<void> }>}
 *   env: every TEST_…_URL, given or started
 */
export async function startTestServices(wishedFolder) {
  const folder = reachableFolder(wishedFolder, { key: `${wishedFolder}#tests` });
  const registry = processesIn(folder);
  const stop = async () => {
    await registry.sweep({ timeoutMs: 10_000 });
    removeFolders(folder, wishedFolder);
  };
  mkdirSync(registry.folder, { recursive: true });
  const missing = Object.keys(STARTERS).filter((name) => !process.env[name]);
  const results = await Promise.allSettled(
    missing.map((name) =>
      STARTERS[name]({ dir: join(folder, serviceFolder(name)), registry, ...binariesIn(name, folder) }),
    ),
  );
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.message] : []));
  if (failures.length > 0) {
    await stop();
    throw new Error(failures.join('\n'));
  }
  const services = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  const started = missing.flatMap((name, index) => (services[index] ? [[name, services[index].url]] : []));
  const given = Object.keys(STARTERS).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { folder, env: Object.fromEntries([...given, ...started]), services: services.filter(Boolean), stop };
}

/** TEST_POSTGRES_URL → postgres */
function serviceFolder(variable) {
  return variable.split('_')[1].toLowerCase();
}

function binariesIn(variable, folder) {
  return variable === 'TEST_POSTGRES_URL' ? { binariesHome: folder } : {};
}

function removeFolders(...folders) {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
