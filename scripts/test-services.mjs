#!/usr/bin/env node
/**
 * Starts and stops the services that tests use, for work on single tests:
 *   eval "$(node scripts/test-services.mjs start)"   starts them in the background and sets TEST_…_URL
 *   node scripts/test-services.mjs env | status | stop
 */
import { fileURLToPath } from 'node:url';
import { ensureModules } from './services/install.mjs';
import { runningServices, startSharedServices, stopSharedServices } from './services/shared-set.mjs';
import { processesIn } from './services/test-set.mjs';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));

const COMMANDS = {
  async start() {
    await ensureModules(PROJECT);
    printEnv(await startSharedServices(PROJECT));
  },
  async stop() {
    const ended = await stopSharedServices(PROJECT);
    console.error(ended.length > 0 ? `Stopped ${ended.join(', ')}.` : 'Nothing was running.');
  },
  env() {
    printEnv(requireRunning());
  },
  status() {
    for (const { name, pid } of processesIn(requireRunning().folder).living())
      console.log(`${name} runs as process ${pid}`);
  },
};

function requireRunning() {
  const running = runningServices(PROJECT);
  if (running) return running;
  throw new Error('The test services are not running. Start them with: node scripts/test-services.mjs start');
}

/** As lines for a shell. @param {{ env: Record<string, string> }} set */
function printEnv({ env }) {
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
}

try {
  const command = COMMANDS[process.argv[2] ?? ''];
  if (!command) throw new Error(`Usage: node scripts/test-services.mjs ${Object.keys(COMMANDS).join(' | ')}`);
  await command();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
