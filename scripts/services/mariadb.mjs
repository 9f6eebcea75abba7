/** MariaDB on a private port; for tests only. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, serviceAccount } from './account.mjs';
import { answers } from './probe.mjs';
import { findProgram, requireProgram } from './programs.mjs';
import { Service, startService } from './service.mjs';

const USER = 'hydroalert';
const PROTOCOL_10 = 10;

/** A killed process loses nothing with these, a power cut does. */
export const TEST_SETTINGS = [
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--innodb-buffer-pool-size=128M',
  '--max-connections=200',
  '--skip-log-bin',
  '--skip-name-resolve',
  '--character-set-server=utf8mb4',
];

/** @param {import('./service.mjs').PlaceOptions & { database?: string, args?: string[] }} [options] args: further options of the server */
export async function startMariadb({ database = USER, args = [], ...options } = {}) {
  const packages = ['mariadb-server-core mariadb-client-core', 'mariadb-server'];
  const command = requireProgram({ names: ['mariadbd'], packages, what: 'MariaDB' });
  // The script that makes the data folder needs it.
  requireProgram({
    names: ['my_print_defaults'],
    packages: ['mariadb-client-core', 'mariadb-client'],
    what: 'MariaDB',
  });
  const password = randomBytes(12).toString('hex');
  return startService('mariadb', options, async (place) => {
    const data = join(place.dir, 'data');
    initialise(data, place.dir);
    const initFile = join(place.dir, 'init.sql');
    writeFileSync(initFile, accountStatements(database, password));
    privateFolder(place.dir);
    const kind = {
      name: 'mariadb',
      command,
      args: ['--no-defaults', ...networkArguments(place, data), `--init-file=${initFile}`, ...TEST_SETTINGS, ...args],
      ready: () => handshakes(place.port),
      order: 3,
    };
    return new Service(kind, place, `mysql://${USER}:${password}@127.0.0.1:${place.port}/${database}`);
  });
}

/** Paths relative to the data folder, because the path of a socket may have only about 100 characters. */
export function networkArguments(place, data) {
  return [
    `--datadir=${data}`,
    '--socket=server.sock',
    '--pid-file=server.pid',
    '--bind-address=127.0.0.1',
    `--port=${place.port}`,
  ];
}

/** The server greets first; a server that is still starting does not. @param {number} port */
export function handshakes(port) {
  return answers(port, { expect: (answer) => answer[4] === PROTOCOL_10 });
}

/** Understood by MariaDB and MySQL; runs at every start, one statement a line. */
export function accountStatements(database, password) {
  return [
    `CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4;`,
    `CREATE USER IF NOT EXISTS '${USER}'@'%';`,
    `ALTER USER '${USER}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    '',
  ].join('\n');
}

function initialise(data, dir) {
  const finished = join(dir, 'initialised');
  if (existsSync(finished)) return;
  const installer = findProgram('mariadb-install-db', 'mysql_install_db');
  if (!installer)
    throw new Error(
      'mariadb-install-db is missing beside mariadbd. On Debian or Ubuntu run: sudo apt-get install mariadb-server-core',
    );
  rmSync(data, { recursive: true, force: true });
  const flags = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ];
  const options = { ...serviceAccount(), cwd: dir, env: { PATH: `${process.env.PATH}:/usr/sbin`, TMPDIR: dir } };
  try {
    execFileSync(installer, flags, { ...options, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${installer} failed: ${error.stderr || error.stdout || error.message}`, { cause: error });
  }
  writeFileSync(finished, '');
}
