/** The built application as a process of its own, for tests that kill it and start it again. */
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { applicationNode } from './runtime.mjs';
import { Service, startService } from './service.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const PROBE_TIMEOUT_MS = 2_000;

/**
 * @param {import('./service.mjs').PlaceOptions & { env: Record<string, string>, until?: 'alive' | 'ready', nodeArgs?: string[] }} options
 *   env: its whole configuration, but for host and port; until: `ready` waits for the services that it needs, `alive`
 *   for the process alone
 */
export async function spawnApp({ env, until = 'ready', nodeArgs = [], ...options }) {
  await ensureBuilt(PROJECT);
  return startService('app', options, (place) => {
    const url = `http://127.0.0.1:${place.port}`;
    const probe = `${url}/${until === 'ready' ? 'ready' : 'health'}`;
    const kind = {
      name: 'app',
      command: applicationNode(PROJECT),
      args: [...nodeArgs, '--enable-source-maps', join(PROJECT, 'dist', 'main.js')],
      env: { ...env, HOST: '127.0.0.1', PORT: String(place.port) },
      ready: () => answersOk(probe),
      // It reads the project, which the service account may not; and it ends before the services that it uses.
      account: {},
      order: 0,
    };
    return Promise.resolve(new Service(kind, place, url));
  });
}

/** @param {string} url */
async function answersOk(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}
