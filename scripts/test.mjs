#!/usr/bin/env node
/**
 * `npm test`: installs what is missing, starts the services, runs all tests, stops the services.
 * Arguments go to vitest (`npm test -- --project unit`, file names, `-t name`). The last line is `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './services/build.mjs';
import { ensureModules } from './services/install.mjs';
import { killProcess, runToEnd, stopProcess } from './services/process.mjs';
import { applicationEnv, applicationNode } from './services/runtime.mjs';
import { countTests } from './services/test-report.mjs';
import { installTestPrograms } from './services/test-programs.mjs';
import { servicesForRun } from './services/test-run.mjs';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const NO_SERVICES = { env: {}, registry: undefined, stop: async () => {} };

const args = process.argv.slice(2);
const filtered = args.some((argument) => /^(-t|--testNamePattern)(=|$)/.test(argument));
const report = join(mkdtempSync(join(tmpdir(), 'hydroalert-report-')), 'report.json');

/** What runs now, in a group of its own: Ctrl-C reaches this launcher, which then ends things in order. */
let runner;
let services = NO_SERVICES;
let interrupted;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    interrupted ??= signal;
    if (runner) void stopProcess(runner, { timeoutMs: 5_000 });
  });
}

/** Whether the selection by `--project` leaves any of these. @param {...string} projects */
function includes(...projects) {
  const chosen = args.flatMap((argument, index) => {
    if (argument === '--project') return [args[index + 1]];
    return argument.startsWith('--project=') ? [argument.slice('--project='.length)] : [];
  });
  return chosen.length === 0 || chosen.some((name) => projects.includes(name));
}

/** Some end-to-end tests run the application as it is delivered; the others can tell something without it. */
async function buildForTests(remember) {
  try {
    await ensureBuilt(PROJECT, remember);
    return null;
  } catch (error) {
    return `${error.message} That counts as failed.`;
  }
}

/** @returns {Promise<number | string>} vitest's exit code, or the signal that ended it */
function runVitest() {
  const vitest = join(PROJECT, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return runToEnd(applicationNode(PROJECT), [vitest, 'run', ...reporters, ...args], {
    cwd: PROJECT,
    env: applicationEnv(PROJECT, { ...services.env, NODE_ENV: 'test' }),
    stdio: ['ignore', 'inherit', 'inherit'],
    onStart: (identity) => {
      runner = identity;
      services.registry?.add({ name: 'vitest', order: 0, ...identity });
    },
  });
}

/** @returns {Promise<{ passed: number, failed: number, notes: string[] }>} */
async function run() {
  try {
    const remember = (identity) => (runner = identity);
    await ensureModules(PROJECT, remember);
    const buildFailure = includes('e2e') && !interrupted ? await buildForTests(remember) : null;
    if (includes('integration', 'e2e') && !interrupted) installTestPrograms();
    if (includes('integration', 'e2e') && !interrupted) services = await servicesForRun(PROJECT);
    const exitCode = interrupted ? 1 : await runVitest();
    const { passed, failed, notes } = countTests(report, { exitCode, filtered });
    return buildFailure ? { passed, failed: failed + 1, notes: [...notes, buildFailure] } : { passed, failed, notes };
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error.message] };
  } finally {
    if (runner) await killProcess(runner);
    await services.stop();
    rmSync(join(report, '..'), { recursive: true, force: true });
  }
}

const result = await run();
for (const note of result.notes) console.log(note);
if (interrupted) console.log(`Interrupted by ${interrupted}.`);
console.log(`${result.passed} passed, ${result.failed} failed`);
process.exitCode = interrupted ? 128 + constants.signals[interrupted] : Number(result.failed > 0);
