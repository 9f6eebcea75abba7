import { EntityManager, MikroORM } from '@mikro-orm/core';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { closeOrm, createOrm } from './create-orm.js';
import { DatabaseErrors } from './database-errors.js';
import { dialectFor } from './dialects/dialect-for.js';
import { SqlDialect } from './dialects/sql-dialect.js';
import { RegistryVersion } from './registry-version.js';
import { SecretCipher } from './secret-cipher.js';
import { Transactions } from './transaction.js';

/** The database: connection, dialect, transactions, and the version of what is kept in memory. */
@Global()
@Module({
  providers: [
    { provide: MikroORM, inject: [AppConfig], useFactory: (config: AppConfig) => createOrm(config.database) },
    { provide: EntityManager, inject: [MikroORM], useFactory: (orm: MikroORM) => orm.em },
    { provide: SqlDialect, inject: [AppConfig], useFactory: (config: AppConfig) => dialectFor(config.database.mode) },
    DatabaseErrors,
    RegistryVersion,
    SecretCipher,
    Transactions,
  ],
  exports: [EntityManager, MikroORM, RegistryVersion, SecretCipher, SqlDialect, Transactions],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly orm: MikroORM,
    private readonly config: AppConfig,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await closeOrm(this.orm, this.config.database);
  }
}
