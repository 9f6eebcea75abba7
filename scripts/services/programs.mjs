/** Finds programs on PATH, and installs Debian packages where that is possible. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Servers live in sbin folders, which are not on the PATH of plain users. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/bin'];

/** @param {string[]} names alternatives, best first @returns {string | null} absolute path */
export function findProgram(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA_FOLDERS].filter(Boolean);
  for (const name of names) {
    const file = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (file) return file;
  }
  return null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A program from PATH, installed first where it is missing and we are root on Debian or Ubuntu.
 * @param {{ names: string[], packages: string[], what: string }} wanted packages: what to install, alternatives best
 *   first, each one or several names
 * @returns {string}
 * @throws with the one line to run
 */
export function requireProgram({ names, packages, what }) {
  const found = findProgram(...names);
  if (found) return found;
  for (const name of canInstall() ? packages : []) {
    if (installPackages(...name.split(' ')) && findProgram(...names)) return findProgram(...names);
  }
  const line = `apt-get update && apt-get install -y ${packages[0]}`;
  throw new Error(
    `${what} is needed and was not found (${names.join(' or ')}). On Debian or Ubuntu run: sudo sh -c '${line}'`,
  );
}

/** True for root on a system with apt. */
export function canInstall() {
  return process.getuid?.() === 0 && findProgram('apt-get') !== null && existsSync('/var/lib/dpkg/status');
}

/** True when the Debian package is installed, or can be fetched. @param {string} name */
export function isPackageAvailable(name) {
  const result = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return /Candidate: (?!\(none\))/.test(result.stdout ?? '');
}

/** Names of Debian packages that fit; the lists are fetched first where there are none. @param {string} pattern */
export function findPackages(pattern) {
  const search = () => spawnSync('apt-cache', ['search', '--names-only', pattern], { encoding: 'utf8' }).stdout ?? '';
  const found = search() || (runApt('update') ? search() : '');
  return found.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/**
 * Installs Debian packages and says so. The services in them are not started: tests and demo run their own instances.
 * @param {...string} names
 * @returns {boolean} whether it worked
 */
export function installPackages(...names) {
  console.error(`Installing the system package${names.length > 1 ? 's' : ''} ${names.join(', ')} (apt-get install)…`);
  const release = forbidServiceStart();
  try {
    if (runApt('install', ...names)) return true;
    return runApt('update') && runApt('install', ...names);
  } finally {
    release();
  }
}

function runApt(verb, ...names) {
  const options = [
    '-y',
    '-q',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=120',
    '-o',
    'Dpkg::Options::=--force-confold',
  ];
  try {
    execFileSync('apt-get', [verb, ...options, ...names], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 300_000,
    });
    return true;
  } catch (error) {
    console.error(
      `apt-get ${verb} failed: ${String(error.stderr ?? error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
    return false;
  }
}

/** Debian asks this file before it starts a service on installation; it is ours only while the installation runs. */
function forbidServiceStart() {
  const file = '/usr/sbin/policy-rc.d';
  if (existsSync(file)) return () => {};
  writeFileSync(file, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(file, { force: true });
}
