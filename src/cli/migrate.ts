import { SystemClock } from '../common/clock.js';
import type { AppConfig } from '../config/app-config.js';
import type { DatabaseConfig } from '../config/database.config.js';
import { closeOrm, createOrm } from '../database/create-orm.js';
import { dialectFor } from '../database/dialects/dialect-for.js';
import { RegistryVersion } from '../database/registry-version.js';
import { ReferenceSeeder } from '../database/seeders/reference.seeder.js';
import { withSchemaLock } from '../database/schema-lock.js';
import { sqlClientOf } from '../database/sql.js';
import { Transactions } from '../database/transaction.js';
import { PartitionsService } from '../readings/partitions.service.js';
import type { Report } from './report.js';

/**
 * Brings the database to this version: extensions, schema, partitions of the coming months, reference data. Running it
 * again changes nothing, and of several that run at once one does the work while the others wait.
 */
export function migrate({ database }: AppConfig, report: Report): Promise<void> {
  return withSchemaLock(database, () => bringUpToDate(database, report));
}

/** Wired by hand: the rooms of the application expect the tables that are made here. */
async function bringUpToDate(database: DatabaseConfig, report: Report): Promise<void> {
  // A change of a large table takes the time that it takes.
  const orm = await createOrm({ ...database, statementTimeoutMs: 0 }, { logger: () => {} });
  try {
    const dialect = dialectFor(database.mode);
    const transactions = new Transactions(orm.em, dialect);
    const { postgis } = await dialect.enableExtensions(sqlClientOf(orm.em.fork()), database.postgis);
    if (database.mode === 'postgres')
      report(postgis === null ? 'PostGIS is not in use' : `PostGIS ${postgis} is in use`);
    const applied = await orm.migrator.up();
    report(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.map(({ name }) => name).join(', ')}`);
    await new PartitionsService(transactions, dialect, new SystemClock()).ensureAhead();
    const added = await new ReferenceSeeder(transactions, new RegistryVersion(transactions)).run();
    if (added.length > 0) report(`added the sensor types and protocols ${added.join(', ')}`);
  } finally {
    await closeOrm(orm, database);
  }
}

/**
 * Tells which migrations were applied and which are not; changes nothing.
 * @returns whether the schema is up to date
 */
export async function migrationStatus({ database }: AppConfig, report: Report): Promise<boolean> {
  const orm = await createOrm(database, { logger: () => {} });
  try {
    const applied = await orm.migrator.getExecuted();
    for (const { name, executed_at } of applied) report(`applied ${executed_at.toISOString()} ${name}`);
    const pending = await orm.migrator.getPending();
    for (const { name } of pending) report(`pending ${name}`);
    return pending.length === 0;
  } finally {
    await closeOrm(orm, database);
  }
}
