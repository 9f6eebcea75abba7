/** Who runs the services, and where their files lie so that this account can reach them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {{ uid?: number, gid?: number }} Account empty for "the account that runs this script" */

/**
 * The first one that exists runs the services when we are root. `postgres` comes last: where it exists it owns the
 * machine's own database, and it may appear at any time, by the installation of a package.
 */
const CANDIDATES = ['nobody', 'postgres'];

let cached;

/**
 * The account for service processes: our own, or an unprivileged one when we are root (PostgreSQL refuses root).
 * @returns {Account}
 */
export function serviceAccount() {
  cached ??= process.getuid?.() === 0 ? unprivilegedAccount() : {};
  return cached;
}

function unprivilegedAccount() {
  for (const name of CANDIDATES) {
    const ids = ['-u', '-g'].map((flag) => Number(idOf(flag, name)));
    if (ids.every((id) => id > 0)) return { uid: ids[0], gid: ids[1] };
  }
  throw new Error(
    `Running as root needs one of the accounts ${CANDIDATES.join(', ')} for the database. Run: useradd --system postgres`,
  );
}

function idOf(flag, name) {
  try {
    return execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '0'; // no such account
  }
}

/** True when the account can enter the folder and read it; asked by running a process as that account. */
export function canReach(path, account = serviceAccount()) {
  if (account.uid === undefined) return true;
  return ['-x', '-r'].every((flag) => spawnSync('test', [flag, path], { ...account, cwd: '/' }).status === 0);
}

/**
 * A folder for the services' data: the wished one where the account can reach it, else one outside of the project with
 * a name derived from `key`, readable for that account only.
 * @param {string} wished
 * @param {{ key?: string, account?: Account }} [options]
 * @returns {string}
 */
export function reachableFolder(wished, { key = wished, account = serviceAccount() } = {}) {
  mkdirSync(wished, { recursive: true });
  if (account.uid === undefined || canReach(wished, account)) return wished;
  const name = `hydroalert-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
  for (const base of outsideBases()) {
    if (!existsSync(base) || !canReach(base, account)) continue;
    const folder = join(base, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOpenToAll(base) && !isOwnedBy(folder, account)) continue;
    own(folder, account);
    return folder;
  }
  throw new Error(
    `Neither ${wished} nor a system folder can be reached by the account ${account.uid} that runs the services`,
  );
}

/** Where data lie that cannot lie in the project, best first. */
export function outsideBases() {
  return ['/var/lib', tmpdir()];
}

function isOpenToAll(folder) {
  return (statSync(folder).mode & 0o002) !== 0;
}

/** Names can be guessed: where everybody may make folders, somebody else's folder or link is not used. */
function isOwnedBy(folder, account) {
  const stat = lstatSync(folder);
  return stat.isDirectory() && (stat.uid === 0 || stat.uid === account.uid);
}

/** Makes a folder that belongs to the service account alone. @param {string} folder @param {Account} [account] */
export function privateFolder(folder, account = serviceAccount()) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  ownTree(folder, account);
  return folder;
}

/** A new, empty private folder in the test run's folder, else in the system's temporary one. @param {string} name @param {Account} [account] */
export function temporaryFolder(name, account) {
  return privateFolder(mkdtempSync(join(process.env.TEST_SERVICES_DIR ?? tmpdir(), `hydroalert-${name}-`)), account);
}

/** Gives a folder with all that lies in it to the account, so that files written by root can be read. */
function ownTree(path, account) {
  if (account.uid === undefined) return;
  own(path, account);
  if (!lstatSync(path).isDirectory()) return;
  for (const entry of readdirSync(path)) ownTree(join(path, entry), account);
}

function own(path, account) {
  const stat = lstatSync(path);
  // A link is left alone: following it could give away a file outside of the folder.
  if (stat.isSymbolicLink() || (stat.uid === account.uid && stat.gid === account.gid)) return;
  chownSync(path, account.uid, account.gid);
}

/**
 * Copies a program folder to where the account can read it, once per version.
 * @param {string} source
 * @param {string} target
 */
export function copyOnce(source, target) {
  if (existsSync(target)) {
    ownTree(target, serviceAccount());
    return target;
  }
  const unfinished = `${target}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(source, unfinished, { recursive: true, verbatimSymlinks: true });
  ownTree(unfinished, serviceAccount());
  // Renaming makes the copy appear whole; a second launcher that was faster leaves an equal copy.
  try {
    renameSync(unfinished, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
}
