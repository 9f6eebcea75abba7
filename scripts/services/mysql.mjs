/** A real MySQL server on a private port; for tests only. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, serviceAccount } from './account.mjs';
import { accountStatements, handshakes, networkArguments } from './mariadb.mjs';
import { Service, startService } from './service.mjs';

const USER = 'hydroalert';

/** A killed process loses nothing with these, a power cut does. */
const TEST_SETTINGS = [
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=128M',
  '--max-connections=200',
  '--skip-log-bin',
  '--skip-name-resolve',
  '--mysqlx=OFF',
  '--secure-file-priv=NULL', // Debian's default folder does not exist here
];

/**
 * @param {import('./service.mjs').PlaceOptions & { binaries: import('./mysql9-binaries.mjs').Mysql9, database?: string }} options
 */
export async function startMysql({ binaries, database = USER, ...options }) {
  const password = randomBytes(12).toString('hex');
  const { command, args, basedir } = binaries;
  return startService('mysql', options, async (place) => {
    const data = join(place.dir, 'data');
    const common = [...args, '--no-defaults', `--basedir=${basedir}`];
    initialise(command, [...common, `--datadir=${data}`, '--initialize-insecure', ...TEST_SETTINGS], {
      data,
      dir: place.dir,
    });
    const initFile = join(place.dir, 'init.sql');
    writeFileSync(initFile, accountStatements(database, password));
    privateFolder(place.dir);
    const kind = {
      name: 'mysql',
      command,
      args: [...common, ...networkArguments(place, data), `--init-file=${initFile}`, ...TEST_SETTINGS],
      ready: () => handshakes(place.port),
      order: 3,
    };
    return new Service(kind, place, `mysql://${USER}:${password}@127.0.0.1:${place.port}/${database}`);
  });
}

function initialise(command, args, { data, dir }) {
  const finished = join(dir, 'initialised');
  if (existsSync(finished)) return;
  rmSync(data, { recursive: true, force: true });
  try {
    execFileSync(command, args, { ...serviceAccount(), cwd: dir, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`MySQL could not make its data folder: ${error.stderr || error.message}`, { cause: error });
  }
  writeFileSync(finished, '');
}
