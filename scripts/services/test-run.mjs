/** Services for one test run: the shared set where it is up, else a private set that ends with the run. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reachableFolder } from './account.mjs';
import { identify, isAlive } from './process.mjs';
import { runningServices } from './shared-set.mjs';
import { processesIn, startTestServices } from './test-set.mjs';

const RUN_FOLDER = /^run-(\d+)-(\w+)$/;

/**
 * @param {string} project
 * @returns {Promise<{ env: Record<string, string>, registry: import('./registry.mjs').ProcessRegistry, stop: () => Promise<void> }>}
 *   env: TEST_…_URL, and TEST_SERVICES_DIR for instances that single tests start; registry: what a later run ends when
 *   this one is killed
 */
export async function servicesForRun(project) {
  const base = join(project, '.services');
  await sweepDeadRuns(base);
  const { pid, startTime } = identify(process.pid);
  const wished = join(base, `run-${pid}-${startTime.replaceAll(/\W/g, '')}`);
  // The shared set has MariaDB; a run that asks for another server gets a set of its own.
  const shared = process.env.TEST_MYSQL_SERVER ? null : runningServices(project);
  if (!shared) {
    const { folder, env, stop } = await startTestServices(wished);
    return { env: { ...env, TEST_SERVICES_DIR: folder }, registry: processesIn(folder), stop };
  }
  const folder = reachableFolder(wished, { key: `${wished}#tests` });
  const stop = () => endRun(wished, folder);
  return {
    env: { ...shared.env, ...givenUrls(shared.env), TEST_SERVICES_DIR: folder },
    registry: processesIn(folder),
    stop,
  };
}

/** A variable that names a service beats the shared set. */
function givenUrls(env) {
  return Object.fromEntries(Object.keys(env).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Ends what runs that were killed left behind; their folders carry the run's pid and start time. */
async function sweepDeadRuns(base) {
  for (const name of existsSync(base) ? readdirSync(base) : []) {
    const [, pid, startTime] = RUN_FOLDER.exec(name) ?? [];
    if (pid === undefined || isAlive({ pid: Number(pid), startTime })) continue;
    const wished = join(base, name);
    await endRun(wished, reachableFolder(wished, { key: `${wished}#tests` }));
  }
}

async function endRun(wished, folder) {
  await processesIn(folder).sweep({ force: true });
  for (const path of [folder, wished]) rmSync(path, { recursive: true, force: true });
}
