/** The demo's own Node processes: broker, application, simulator; and single runs of the command line. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from '../services/probe.mjs';
import { identify, tailOf } from '../services/process.mjs';
import { applicationEnv, applicationNode } from '../services/runtime.mjs';
import { Service } from '../services/service.mjs';

/** MQTT's CONNECT without credentials; a running broker refuses it, which is an answer. */
const CONNECT = Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0]);
const CONNACK = 0x20;

/** Bounds for each process's heap in MB, so that all parts together stay below 600 MB. */
const HEAP_MB = { broker: 96, application: 224, simulator: 64, cli: 256 };

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
      args: [`--max-old-space-size=${heapMb}`, '--enable-source-maps', join(project, script), ...args],
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

/** @param {import('./folder.mjs').DemoFolder} folder @param {{ port: number, env: Record<string, string> }} options */
export function startBroker(folder, { port, env }) {
  return startNode(folder, {
    name: 'broker',
    script: 'scripts/broker.mjs',
    env: { ...env, BROKER_PORT: String(port) },
    port,
    heapMb: HEAP_MB.broker,
    ready: () => answers(port, { send: CONNECT, expect: (answer) => answer[0] === CONNACK }),
    order: 1,
    url: `mqtt://127.0.0.1:${port}`,
  });
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
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
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
  const { project, registry } = folder;
  const logFile = join(folder.logFolder(), `${args[0]}.log`);
  folder.rotateLog(logFile);
  const log = openSync(logFile, 'a');
  const child = spawn(
    applicationNode(project),
    [`--max-old-space-size=${HEAP_MB.cli}`, '--enable-source-maps', join(project, 'dist', 'cli', 'main.js'), ...args],
    { cwd: project, env: applicationEnv(project, env), stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  const exit = new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (child.pid !== undefined) registry.add({ name: args[0], order: 0, ...identify(child.pid) });
  const code = await exit;
  registry.remove(child.pid);
  if (code !== 0) throw new Error(`The step "${args[0]}" failed. End of ${logFile}:\n${tailOf(logFile, 25)}`);
}
