/** Installs the project's packages where they are missing or older than the lockfile. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runToEnd } from './process.mjs';

/**
 * @param {string} project
 * @param {(identity: import('./process.mjs').ProcessIdentity) => void} [onStart] is told npm's process
 * @returns {Promise<boolean>} whether something was installed
 * @throws when `npm ci` fails
 */
export async function ensureModules(project, onStart) {
  if (isInstalled(project)) return false;
  console.error('Installing packages (npm ci)…');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const end = await runToEnd(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    stdio: ['ignore', 2, 2], // standard output stays clean: some callers print results there for a shell to read
    env: { ...process.env, PATH: pathWithoutModules(), NODE_ENV: 'development' },
    onStart,
  });
  if (end !== 0) throw new Error(`npm ci ended with ${end}`);
  if (!isInstalled(project)) throw new Error('npm ci left node_modules incomplete');
  return true;
}

/** True when every package of the lockfile is there in its version; optional ones may be missing (other platforms). */
export function isInstalled(project) {
  const installed = packagesOf(join(project, 'node_modules', '.package-lock.json'));
  if (installed === null) return false;
  return Object.entries(packagesOf(join(project, 'package-lock.json')) ?? {}).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional === true),
  );
}

/** @returns {Record<string, { version: string, optional?: boolean }> | null} */
function packagesOf(lockfile) {
  return existsSync(lockfile) ? JSON.parse(readFileSync(lockfile, 'utf8')).packages : null;
}

/** npm scripts put node_modules/.bin first, with a Node that `npm ci` is about to remove: npm runs on the system's. */
function pathWithoutModules() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !/node_modules[\\/]+\.bin[\\/]*$/.test(folder)).join(delimiter);
}
