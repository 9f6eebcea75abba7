/** The demo's own Node processes, application and simulator; and single runs of the command line. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../services/http.mjs';
import { runToEnd, tailOf } from '../services/process.mjs';
import { applicationEnv, applicationNode } from '../services/runtime.mjs';
import { Service } from '../services/service.mjs';

/** Bounds for each process's heap in MB, so that all parts together stay below 600 MB. */
const HEAP_MB = { application: 192, simulator: 64, cli: 256 };

/** A small nursery costs some processor time and saves tens of megabytes in each process. */
const LEAN = '--max-semi-space-size=4';

/**
 * @param {import('./folder.mjs').DemoFolder} folder
 * @param {{ name: string, script: string, args?: string[], env: Record<string, string>, port?: number, heapMb: number,
 *   ready: () => Promise<boolean>, order: number, stopTimeoutMs?: number, url: string }} part
 */
async function startNode(folder, { name, script, args = [], env, port = 0, heapMb, ready, order, stopTimeoutMs, url }) {
  const { project, registry } = folder;
  const service = new Service(
    {
      name,
      command: applicationNode(project),
      args: [LEAN, `--max-old-space-size=${heapMb}`, join(project, script), ...args],
      env: applicationEnv(project, env),
      account: {}, // ours: it has to read the project
      cwd: project,
      ready,
      order,
      stopTimeoutMs,
    },
    { dir: folder.logFolder(), temporary: false, port, registry },
    url,
  );
  folder.rotateLog(service.logFile);
  await service.start();
  return service;
}

/** @param {import('./folder.mjs').DemoFolder} folder @param {{ port: number, url: string, env: Record<string, string> }} options */
export function startApplication(folder, { port, url, env }) {
  return startNode(folder, {
    name: 'application',
    script: 'dist/main.js',
    env,
    port,
    heapMb: HEAP_MB.application,
    ready: () => isReady(`${url}/ready`),
    order: 0,
    stopTimeoutMs: 30_000,
    url,
  });
}

/** @param {import('./folder.mjs').DemoFolder} folder @param {{ demoFile: string }} options */
export function startSimulator(folder, { demoFile }) {
  return startNode(folder, {
    name: 'simulator',
    script: 'scripts/simulator.mjs',
    args: ['--demo', demoFile],
    env: {},
    heapMb: HEAP_MB.simulator,
    ready: async () => true,
    order: -1,
    url: '',
  });
}

async function isReady(url) {
  try {
    const { status } = await ask(url, { timeoutMs: 2_000 });
    return status === 200;
  } catch {
    return false; // not listening yet
  }
}

/**
 * Runs one command of the application's command line to its end; its output goes to a log.
 * @param {import('./folder.mjs').DemoFolder} folder
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @throws with the end of the log when it fails
 */
export async function runCli(folder, args, env) {
  const { project } = folder;
  const logFile = join(folder.logFolder(), `${args[0]}.log`);
  folder.rotateLog(logFile);
  const log = openSync(logFile, 'a');
  const program = join(project, 'dist', 'cli', 'main.js');
  const end = await runToEnd(
    applicationNode(project),
    [`--max-old-space-size=${HEAP_MB.cli}`, '--enable-source-maps', program, ...args],
    {
      cwd: project,
      env: applicationEnv(project, env),
      stdio: ['ignore', log, log],
      onStart: (identity) => folder.recordStep(args[0], identity),
    },
  );
  closeSync(log);
  if (end !== 0) throw new Error(`The step "${args[0]}" failed. End of ${logFile}:\n${tailOf(logFile, 25)}`);
}
