import { MikroORM, type Options } from '@mikro-orm/core';
import { Logger } from '@nestjs/common';
import type { DatabaseConfig } from '../config/database.config.js';
import { ormOptions } from './mikro-orm.config.js';

const logger = new Logger('MikroORM');

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
  await (orm.em.getConnection() as unknown as { initClient(): Promise<void> }).initClient();
  return orm;
}
