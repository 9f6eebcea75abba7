/**
 * MySQL 9 from Debian's unstable suite, unpacked into a folder with the libraries it was built for. Nothing is
 * installed on the system, so it needs neither root nor a chroot: the suite's own loader starts the server.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, reachableFolder } from './account.mjs';
import { findProgram } from './programs.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PACKAGE = 'mysql-server-core';
const TIMEOUT_MS = 150_000;

/**
 * @typedef {{ command: string, args: string[], basedir: string }} Mysql9
 * `args` come before the server's own
 */

/**
 * @param {string} project
 * @returns {Mysql9} fetched on first use
 * @throws with the reason where this machine cannot have it
 */
export function mysql9Binaries(project) {
  const { folder } = placeOf(project);
  const root = join(folder, 'root');
  if (!existsSync(root)) fetchInto(folder, root);
  const libraries = readdirSync(join(root, 'usr', 'lib')).find((name) => name.includes('-linux-gnu'));
  const libraryFolder = join(root, 'usr', 'lib', libraries);
  const loader = readdirSync(libraryFolder).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
  return {
    command: join(libraryFolder, loader),
    args: ['--library-path', libraryFolder, join(root, 'usr', 'sbin', 'mysqld')],
    basedir: join(root, 'usr'),
  };
}

/** Inside the project it is kept for the next run; elsewhere it is removed after the run. @param {string} project */
export function releaseMysql9(project) {
  const { folder, wished } = placeOf(project);
  if (folder !== wished) rmSync(folder, { recursive: true, force: true });
}

function placeOf(project) {
  const wished = join(project, '.services', 'mysql9');
  return { wished, folder: reachableFolder(wished, { key: `${project}#mysql9` }) };
}

function fetchInto(folder, root) {
  if (!findProgram('apt-get') || !findProgram('dpkg-deb'))
    throw new Error('MySQL 9 is fetched by apt, which is not there');
  const apt = join(folder, 'apt');
  rmSync(apt, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, part), { recursive: true });
  for (const file of ['status', 'sources.list']) writeFileSync(join(apt, file), '');
  const run = aptRunner(apt);
  const signedBy = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  writeFileSync(join(apt, 'sources.list'), `deb ${signedBy}${debianMirror(apt)} unstable main\n`);
  run('update');
  run('install', '-y', '--download-only', '--no-install-recommends', PACKAGE);
  unpack(join(apt, 'cache', 'archives'), root);
  rmSync(apt, { recursive: true, force: true });
}

/** apt with state of its own: the system's package lists and sources stay as they are. */
function aptRunner(apt) {
  const settings = {
    'Dir::Etc::SourceList': join(apt, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': apt,
    'Dir::State::Lists': join(apt, 'lists'),
    'Dir::State::Status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '20',
    'APT::Sandbox::User': 'root', // apt's own account cannot reach our folder
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (...args) => {
    try {
      return execFileSync('apt-get', ['-q', ...options, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: TIMEOUT_MS,
      });
    } catch (error) {
      throw new Error(`MySQL 9 cannot be fetched: ${String(error.stderr || error.message).trim()}`, { cause: error });
    }
  };
}

/** The Debian mirror that the machine's own apt sources name. */
function debianMirror(apt) {
  const options = ['-o', `Dir::State::Lists=${join(apt, 'lists')}`];
  const uris = execFileSync('apt-get', [...options, 'update', '--print-uris'], { encoding: 'utf8', stdio: 'pipe' });
  const mirror = [...uris.matchAll(/'([^']+)\/dists\/[^']+'/g)]
    .map((match) => match[1])
    .find((uri) => /\/debian$/.test(uri));
  if (!mirror) throw new Error("MySQL 9 is fetched from Debian, and this machine's apt sources name no Debian mirror");
  return mirror;
}

/** Unpacked aside and renamed, so that a run that was cut short leaves nothing that looks complete. */
function unpack(archives, root) {
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(archives, file), unfinished], { stdio: 'pipe' });
  }
  for (const part of ['doc', 'man', 'locale', 'perl'])
    rmSync(join(unfinished, 'usr', 'share', part), { recursive: true, force: true });
  privateFolder(unfinished);
  renameSync(unfinished, root);
}
