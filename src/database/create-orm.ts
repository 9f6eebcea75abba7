import { MikroORM, type Options } from '@mikro-orm/core';
import { Logger } from '@nestjs/common';
import type { DatabaseConfig } from '../config/database.config.js';
import { ormOptions } from './mikro-orm.config.js';

const logger = new Logger('MikroORM');

/** What the SQL connections of the ORM have beyond its common interface. */
interface SqlConnection {
  initClient(): Promise<void>;
  getNativeClient(): Promise<{ end(done: () => void): void }>;
}

/**
 * The ORM on the configured database, ready for its first statement. It does not connect yet: the application also
 * starts, and says so, while the database is away. The drivers build their pools asynchronously, and raw SQL outside a
 * transaction asks for the pool synchronously, so the pool is built here, once.
 */
export async function createOrm(config: DatabaseConfig, overrides: Partial<Options> = {}): Promise<MikroORM> {
  const orm = new MikroORM({
    logger: (message) => logger.log(message),
    colors: false,
    ...ormOptions(config),
    ...overrides,
  });
  await connectionOf(orm).initClient();
  return orm;
}

/** Ends all connections. No statement may be running: its connection would keep the pool from ever ending. */
export async function closeOrm(orm: MikroORM, { mode }: DatabaseConfig): Promise<void> {
  const pool = await connectionOf(orm).getNativeClient();
  await orm.close(true);
  // A pool that was never used is not ended by the ORM, and one of mysql2 would keep the process alive by its timer.
  if (mode === 'mysql') await new Promise<void>((resolve) => pool.end(resolve));
}

function connectionOf(orm: MikroORM): SqlConnection {
  return orm.em.getConnection() as unknown as SqlConnection;
}
