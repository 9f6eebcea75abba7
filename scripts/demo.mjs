#!/usr/bin/env node
/**
 * `npm run demo`: the whole platform on a bare machine, with Node 20 or newer and npm only. Installs, builds, starts
 * database, Redis, broker, application and simulator, and stops them all on Ctrl-C. See `--help`.
 */
import { fileURLToPath } from 'node:url';
import { announce } from './demo/announce.mjs';
import { DemoFolder } from './demo/folder.mjs';
import { parseOptions, USAGE } from './demo/options.mjs';
import { startParts } from './demo/start.mjs';
import { Supervisor } from './demo/supervisor.mjs';
import { ensureBuilt } from './services/build.mjs';
import { ensureModules } from './services/install.mjs';
import { stopProcess } from './services/process.mjs';
import { redisProgram } from './services/redis.mjs';
import { applicationNode } from './services/runtime.mjs';

const PROJECT = fileURLToPath(new URL('../', import.meta.url)).replace(/\/$/, '');

/** Ends a running demo, and what a killed one has left. */
async function stopRunning(folder) {
  const launcher = folder.runningLauncher();
  if (launcher) await stopProcess(launcher, { signal: 'SIGINT', timeoutMs: 60_000 });
  const leftovers = await folder.registry.sweep({ timeoutMs: 15_000 });
  if (launcher || leftovers.length > 0)
    console.log(`Stopped ${launcher ? 'the demo' : `left-over processes: ${leftovers.join(', ')}`}.`);
  return launcher !== null || leftovers.length > 0;
}

async function run(options) {
  const folder = new DemoFolder(PROJECT);
  if (options.stop) {
    if (!(await stopRunning(folder))) console.log('No demo is running.');
    return 0;
  }
  const launcher = folder.runningLauncher();
  if (launcher) {
    throw new Error(
      `The demo runs already (process ${launcher.pid}). Stop it with Ctrl-C there, or with: npm run demo -- --stop`,
    );
  }
  await stopRunning(folder);
  if (options.reset) folder.reset();
  folder.claim();
  try {
    return await supervise(folder, options);
  } finally {
    folder.release();
  }
}

/** Starts everything and keeps it running until it is told to end. @returns {Promise<number>} the exit code */
async function supervise(folder, options) {
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  const supervisor = new Supervisor((reason) => end(new Error(reason)));
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      signals += 1;
      end(null);
    });
  }
  const hold = setInterval(() => undefined, 60_000); // children alone do not keep the launcher alive
  const starting = start(folder, options, supervisor);
  const failure = await Promise.race([
    ended,
    starting.then(
      () => ended,
      (error) => error,
    ),
  ]);
  if (failure) console.error(failure.message);
  console.log('\nStopping…');
  await supervisor.stopAll({ force: () => signals > 1 });
  // What was just being started is not watched yet; its step fails when its process is ended.
  await folder.registry.sweep({ timeoutMs: 15_000 });
  await starting.catch(() => undefined);
  await folder.registry.sweep({ force: true });
  clearInterval(hold);
  console.log('Everything is stopped.');
  return failure ? 1 : 0;
}

async function start(folder, options, supervisor) {
  const began = Date.now();
  if (!process.env.REDIS_URL) redisProgram(); // the one part that npm cannot bring: better said before the long steps
  await ensureModules(PROJECT, (identity) => folder.recordStep('npm', identity));
  supervisor.proceed();
  applicationNode(PROJECT); // says early when this machine has no suitable Node
  await ensureBuilt(PROJECT, (identity) => folder.recordStep('build', identity));
  supervisor.proceed();
  console.log('Starting…');
  const secrets = folder.secrets();
  folder.removeOrphans(secrets.id);
  const context = { folder, secrets, data: folder.dataFolder(secrets.id), supervisor };
  const demo = await startParts(context, options);
  announce(demo, { ...options, folder, seconds: (Date.now() - began) / 1000 });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  process.exitCode = options.help ? 0 : await run(options);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
// The connections of the readiness checks stay open for a while.
process.exit();
