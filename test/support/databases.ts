import type { MikroORM } from '@mikro-orm/core';
import { afterAll, beforeAll, describe } from 'vitest';
import type { AppConfig } from '../../src/config/app-config.js';
import { parseConfig } from '../../src/config/load-config.js';
import { closeOrm, createOrm } from '../../src/database/create-orm.js';
import { dialectFor } from '../../src/database/dialects/dialect-for.js';
import type { SqlDialect } from '../../src/database/dialects/sql-dialect.js';
import { Transactions } from '../../src/database/transaction.js';
import { createDatabase, dropDatabase, serverUrl, type DatabaseKind } from './database-servers.js';

/** A fresh, migrated database of one test file. Everything but `kind` is there from `beforeAll` on. */
export class TestDatabase {
  private opened: { url: string; orm: MikroORM } | undefined;

  constructor(readonly kind: DatabaseKind) {}

  /** Makes the database and connects to it. */
  async open(): Promise<void> {
    const url = await createDatabase(this.kind);
    const config = parseConfig(environmentOf(url));
    this.opened = { url, orm: await createOrm(config.database, { logger: () => {} }) };
  }

  /** Disconnects and drops the database. */
  async close(): Promise<void> {
    if (!this.opened) return;
    await closeOrm(this.orm, this.config().database);
    await dropDatabase(this.kind, this.url);
    this.opened = undefined;
  }

  get mode(): 'postgres' | 'mysql' {
    return this.kind === 'mysql' ? 'mysql' : 'postgres';
  }

  /** For processes that a test starts (`DATABASE_URL`). */
  get url(): string {
    return this.present.url;
  }

  get orm(): MikroORM {
    return this.present.orm;
  }

  get dialect(): SqlDialect {
    return dialectFor(this.mode);
  }

  /** On the same connections as `orm`. */
  get transactions(): Transactions {
    return new Transactions(this.orm.em, this.dialect);
  }

  /** Settings of an application on this database and the test services; `environment` adds to them or replaces some. */
  config(environment: Record<string, string> = {}): AppConfig {
    return parseConfig({ ...environmentOf(this.url), ...environment });
  }

  private get present(): { url: string; orm: MikroORM } {
    if (!this.opened) throw new Error('the test database exists from beforeAll to afterAll only');
    return this.opened;
  }
}

/**
 * Runs the suite once per database: PostgreSQL and MySQL/MariaDB always (a missing server fails the suite), PostgreSQL
 * with PostGIS where `TEST_POSTGIS_URL` names one. Each run has a fresh, migrated database of its own. For tests of
 * storage; `TEST_DATABASES` narrows the choice, for runs that are about one of them.
 */
export function describeEachDatabase(suite: (db: TestDatabase) => void): void {
  describeOn(['postgres', 'mysql', ...(serverUrl('postgis') === undefined ? [] : ['postgis' as const])], suite);
}

/** The same for tests through the doors of the application, which PostGIS adds nothing to: PostgreSQL and MySQL/MariaDB. */
export function describeBothDatabases(suite: (db: TestDatabase) => void): void {
  describeOn(['postgres', 'mysql'], suite);
}

function describeOn(kinds: readonly DatabaseKind[], suite: (db: TestDatabase) => void): void {
  const chosen = process.env['TEST_DATABASES']?.split(',');
  for (const kind of kinds.filter((one) => chosen === undefined || chosen.includes(one))) {
    describe(`on ${kind}`, () => {
      const db = new TestDatabase(kind);
      beforeAll(() => db.open());
      afterAll(() => db.close());
      suite(db);
    });
  }
}

/** Redis and broker are those that the test run names; without one, the application's own defaults. */
function environmentOf(databaseUrl: string): Record<string, string | undefined> {
  return {
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    REDIS_URL: process.env['TEST_REDIS_URL'],
    MQTT_URL: process.env['TEST_MQTT_URL'],
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: 'h4dWQm0fS9r6TzKq2vYxNbPcLgJ8eA5u',
    LOG_LEVEL: 'error',
  };
}
