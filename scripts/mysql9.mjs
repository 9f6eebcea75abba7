#!/usr/bin/env node
/**
 * `npm run test:mysql9`: the integration tests on a real MySQL 9, which is fetched from Debian's unstable suite.
 * `--possible` only fetches it, and tells by the exit code whether this machine can run it.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mysql9Binaries, releaseMysql9 } from './services/mysql9-binaries.mjs';

const PROJECT = fileURLToPath(new URL('../', import.meta.url)).replace(/\/$/, '');
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @returns {Promise<number>} exit code of the test launcher, which starts and stops the server */
async function runTests(args) {
  const selection = args.some((argument) => argument.startsWith('--project'))
    ? args
    : ['--project', 'integration', ...args];
  const child = spawn(process.execPath, [join(PROJECT, 'scripts', 'test.mjs'), ...selection], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TEST_MYSQL_SERVER: 'mysql9', TEST_MYSQL_URL: '', TEST_DATABASES: 'mysql' },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

const args = process.argv.slice(2);
try {
  mysql9Binaries(PROJECT);
  if (!args.includes('--possible')) {
    process.exitCode = await runTests(args);
    releaseMysql9(PROJECT);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
