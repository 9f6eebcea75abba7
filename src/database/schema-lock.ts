import type { DatabaseConfig } from '../config/database.config.js';
import { closeOrm, createOrm } from './create-orm.js';
import { dialectFor } from './dialects/dialect-for.js';
import { Transactions } from './transaction.js';

/**
 * Runs work that changes the schema while every other process that wants to do the same waits: containers that start
 * together all migrate first. The lock has a connection of its own, since the work needs those of its pool.
 */
export async function withSchemaLock<T>(config: DatabaseConfig, work: () => Promise<T>): Promise<T> {
  // A context name of its own: the ORM would take the work's statements for a part of the transaction around it.
  const options = { contextName: 'schema-lock', logger: () => {} };
  const orm = await createOrm({ ...config, poolSize: 1, statementTimeoutMs: 0 }, options);
  const dialect = dialectFor(config.mode);
  try {
    return await new Transactions(orm.em, dialect).run(async ({ client }) => {
      const unlock = await dialect.lockSchema(client);
      try {
        return await work();
      } finally {
        await unlock();
      }
    });
  } finally {
    await closeOrm(orm, config);
  }
}
