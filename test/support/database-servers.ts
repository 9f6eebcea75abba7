import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { parseConfig } from '../../src/config/load-config.js';
import { createOrm } from '../../src/database/create-orm.js';
import { dialectFor } from '../../src/database/dialects/dialect-for.js';
import { sqlClientOf } from '../../src/database/sql.js';

/** The database servers that storage is tested on; `postgis` is PostgreSQL with that extension. */
export type DatabaseKind = 'postgres' | 'postgis' | 'mysql';

/** The variable that names the server of each kind. */
const URL_VARIABLES = { postgres: 'TEST_POSTGRES_URL', postgis: 'TEST_POSTGIS_URL', mysql: 'TEST_MYSQL_URL' } as const;

/** Any number, but the same in every process: whoever makes or copies a template holds it. */
const TEMPLATE_LOCK = 7_304_221;
const TEMPLATE_PREFIX = 'hydroalert_template_';

/** URL of the test server of a kind; undefined when the environment names none. */
export function serverUrl(kind: DatabaseKind): string | undefined {
  return process.env[URL_VARIABLES[kind]] || undefined;
}

/**
 * Makes a fresh, migrated database on the test server of a kind.
 * @returns its URL
 * @throws Error when the environment names no such server: what was not tested must not look as if it had passed
 */
export async function createDatabase(kind: DatabaseKind): Promise<string> {
  if (kind !== 'mysql') return copyTemplate(requireServer(kind));
  const url = await createEmptyDatabase(kind);
  await migrate(url);
  return url;
}

/** Makes a database without a single table; see {@link createDatabase}. */
export async function createEmptyDatabase(kind: DatabaseKind): Promise<string> {
  const server = requireServer(kind);
  const name = newName();
  if (kind === 'mysql') await onMysql(server, `create database ${name} character set utf8mb4 collate utf8mb4_bin`);
  else await onPostgres(server, (client) => client.query(`create database ${name}`));
  return withDatabase(server, name);
}

/** Drops a database that {@link createDatabase} made, also while somebody is connected to it. */
export async function dropDatabase(kind: DatabaseKind, url: string): Promise<void> {
  const server = requireServer(kind);
  const name = new URL(url).pathname.slice(1);
  if (kind === 'mysql') await onMysql(server, `drop database if exists ${name}`);
  else await onPostgres(server, (client) => client.query(`drop database if exists ${name} with (force)`));
}

/** Brings the database at `url` to the newest schema, as the command line does. */
export async function migrate(url: string): Promise<void> {
  const config = parseConfig({ NODE_ENV: 'test', DATABASE_URL: url });
  const orm = await createOrm(config.database, { logger: () => {} });
  try {
    await dialectFor(config.database.mode).enableExtensions(sqlClientOf(orm.em.fork()), config.database.postgis);
    await orm.migrator.up();
  } finally {
    await orm.close(true);
  }
}

/** PostgreSQL copies a migrated database in a tenth of the time that migrating takes. */
async function copyTemplate(server: string): Promise<string> {
  const name = newName();
  await onPostgres(server, async (client) => {
    // Held until the connection ends: one template is made, and nobody drops it while it is being copied.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    await client.query(`create database ${name} template ${await ensureTemplate(client, server)}`);
  });
  return withDatabase(server, name);
}

/** Answers the name of the template of the present migrations; makes it, and drops older ones, when it is missing. */
async function ensureTemplate(client: Client, server: string): Promise<string> {
  const template = `${TEMPLATE_PREFIX}${migrationsHash()}`;
  const found = await client.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [TEMPLATE_PREFIX],
  );
  const names = found.rows.map((row) => row.datname);
  if (names.includes(template)) return template;
  for (const old of names) await client.query(`drop database if exists ${old} with (force)`);
  // Under another name until it is complete: a run that is killed here must not leave half a template.
  const unfinished = `${TEMPLATE_PREFIX}unfinished`;
  await client.query(`create database ${unfinished}`);
  await migrate(withDatabase(server, unfinished));
  await client.query(`alter database ${unfinished} rename to ${template}`);
  return template;
}

function migrationsHash(): string {
  const folder = join(import.meta.dirname, '../../src/database/migrations/postgres');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

async function onPostgres<T>(server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function onMysql(server: string, sql: string): Promise<void> {
  const connection = await createConnection(server);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

function requireServer(kind: DatabaseKind): string {
  const server = serverUrl(kind);
  if (server === undefined) throw new Error(`${URL_VARIABLES[kind]} is not set; npm test sets it`);
  return server;
}

function newName(): string {
  return `hydroalert_test_${randomBytes(6).toString('hex')}`;
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
