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
  const server = serverUrl(kind);
  if (server === undefined) throw new Error(`${URL_VARIABLES[kind]} is not set; npm test sets it`);
  const name = `hydroalert_test_${randomBytes(6).toString('hex')}`;
  const url = withDatabase(server, name);
  if (kind === 'mysql') {
    await onMysql(server, `create database ${name} character set utf8mb4 collate utf8mb4_bin`);
    await migrate(url);
  } else {
    await copyTemplate(server, name);
  }
  return url;
}

/** Drops a database that {@link createDatabase} made, also while somebody is connected to it. */
export async function dropDatabase(kind: DatabaseKind, url: string): Promise<void> {
  const server = serverUrl(kind)!;
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

/** PostgreSQL copies a migrated database in a tenth of the time that migrating takes; one template per set of migrations. */
async function copyTemplate(server: string, name: string): Promise<void> {
  const template = `hydroalert_template_${migrationsHash()}`;
  await onPostgres(server, async (client) => {
    for (let exists = false; !exists; ) {
      await client.query('select pg_advisory_lock_shared($1)', [TEMPLATE_LOCK]);
      const found = await client.query('select from pg_database where datname = $1', [template]);
      exists = found.rows.length > 0;
      if (exists) await client.query(`create database ${name} template ${template}`);
      await client.query('select pg_advisory_unlock_shared($1)', [TEMPLATE_LOCK]);
      if (!exists) await makeTemplate(client, server, template);
    }
  });
}

/** Makes the template unless another process was faster, and drops those of older migrations. */
async function makeTemplate(client: Client, server: string, template: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const found = await client.query<{ datname: string }>(
    `select datname from pg_database where datname like 'hydroalert\\_template\\_%'`,
  );
  const names = found.rows.map((row) => row.datname);
  if (!names.includes(template)) {
    for (const old of names) await client.query(`drop database if exists ${old} with (force)`);
    // Under another name until it is complete: a run that is killed here must not leave half a template.
    const unfinished = `hydroalert_template_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished}`);
    await migrate(withDatabase(server, unfinished));
    await client.query(`alter database ${unfinished} rename to ${template}`);
  }
  await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
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

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
