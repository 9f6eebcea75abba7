/** One set of test services that stays up between test runs, for work on single tests. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { processesIn, startTestServices } from './test-set.mjs';

/** @typedef {{ folder: string, env: Record<string, string>, count: number }} SharedSet */

const pathsIn = (project) => ({
  folder: join(project, '.services', 'shared'),
  state: join(project, '.services', 'shared.json'),
});

/** What is running; null when nothing is, or not all of it. @param {string} project @returns {SharedSet | null} */
export function runningServices(project) {
  const state = readState(project);
  return state && processesIn(state.folder).living().length >= state.count ? state : null;
}

/** Starts the set, or answers the running one. @param {string} project @returns {Promise<SharedSet>} */
export async function startSharedServices(project) {
  const running = runningServices(project);
  if (running) return running;
  await stopSharedServices(project);
  const { folder, state: file } = pathsIn(project);
  const set = await startTestServices(folder);
  const state = { folder: set.folder, env: set.env, count: set.services.length };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  return state;
}

/** Ends the set and removes its data. @param {string} project @returns {Promise<string[]>} names of what was ended */
export async function stopSharedServices(project) {
  const { folder, state: file } = pathsIn(project);
  const state = readState(project);
  const ended = state ? await processesIn(state.folder).sweep({ timeoutMs: 10_000 }) : [];
  for (const path of [folder, file, ...(state ? [state.folder] : [])]) rmSync(path, { recursive: true, force: true });
  return ended;
}

function readState(project) {
  const { state } = pathsIn(project);
  return existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : null;
}
