import type { Options } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MySqlDriver } from '@mikro-orm/mysql';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { DatabaseConfig } from '../config/database.config.js';
import { ENTITIES } from './entities.js';
import { Migration20261121000000_initial as MysqlInitial } from './migrations/mysql/Migration20261121000000_initial.js';
import { Migration20261121000000_initial as PostgresInitial } from './migrations/postgres/Migration20261121000000_initial.js';
import { Migration20261122000000_people as MysqlPeople } from './migrations/mysql/Migration20261122000000_people.js';
import { Migration20261122010000_sessions as MysqlSessions } from './migrations/mysql/Migration20261122010000_sessions.js';
import { Migration20261122020000_audit as MysqlAudit } from './migrations/mysql/Migration20261122020000_audit.js';
import { Migration20261122030000_catalogues as MysqlCatalogues } from './migrations/mysql/Migration20261122030000_catalogues.js';
import { Migration20261122000000_people as PostgresPeople } from './migrations/postgres/Migration20261122000000_people.js';
import { Migration20261122010000_sessions as PostgresSessions } from './migrations/postgres/Migration20261122010000_sessions.js';
import { Migration20261122020000_audit as PostgresAudit } from './migrations/postgres/Migration20261122020000_audit.js';
import { Migration20261122030000_catalogues as PostgresCatalogues } from './migrations/postgres/Migration20261122030000_catalogues.js';
import { Migration20261124010000_certificates as MysqlCertificates } from './migrations/mysql/Migration20261124010000_certificates.js';
import { Migration20261124010000_certificates as PostgresCertificates } from './migrations/postgres/Migration20261124010000_certificates.js';
import { Migration20261124020000_broker as MysqlBroker } from './migrations/mysql/Migration20261124020000_broker.js';
import { Migration20261124030000_device_life as MysqlDeviceLife } from './migrations/mysql/Migration20261124030000_device_life.js';
import { Migration20261124020000_broker as PostgresBroker } from './migrations/postgres/Migration20261124020000_broker.js';
import { Migration20261124030000_device_life as PostgresDeviceLife } from './migrations/postgres/Migration20261124030000_device_life.js';
import { Migration20261124040000_commands as MysqlCommands } from './migrations/mysql/Migration20261124040000_commands.js';
import { Migration20261124040000_commands as PostgresCommands } from './migrations/postgres/Migration20261124040000_commands.js';
import { Migration20261124060000_profiles as MysqlProfiles } from './migrations/mysql/Migration20261124060000_profiles.js';
import { Migration20261124060000_profiles as PostgresProfiles } from './migrations/postgres/Migration20261124060000_profiles.js';
import { Migration20261124000000_credentials as MysqlCredentials } from './migrations/mysql/Migration20261124000000_credentials.js';
import { Migration20261124000000_credentials as PostgresCredentials } from './migrations/postgres/Migration20261124000000_credentials.js';
import { Migration20261124070000_completeness as MysqlCompleteness } from './migrations/mysql/Migration20261124070000_completeness.js';
import { Migration20261124070000_completeness as PostgresCompleteness } from './migrations/postgres/Migration20261124070000_completeness.js';

/** Migrations of each database, oldest first. */
const MIGRATIONS = {
  postgres: [
    PostgresInitial,
    PostgresPeople,
    PostgresSessions,
    PostgresAudit,
    PostgresCatalogues,
    PostgresCredentials,
    PostgresCertificates,
    PostgresBroker,
    PostgresDeviceLife,
    PostgresCommands,
    PostgresProfiles,
    PostgresCompleteness,
  ],
  mysql: [
    MysqlInitial,
    MysqlPeople,
    MysqlSessions,
    MysqlAudit,
    MysqlCatalogues,
    MysqlCredentials,
    MysqlCertificates,
    MysqlBroker,
    MysqlDeviceLife,
    MysqlCommands,
    MysqlProfiles,
    MysqlCompleteness,
  ],
};

const IDLE_TIMEOUT_MS = 60_000;

/** Options of the ORM, one factory for the application, the command line and the tests. */
export function ormOptions(config: DatabaseConfig): Partial<Options> {
  return {
    driver: config.mode === 'postgres' ? PostgreSqlDriver : MySqlDriver,
    host: config.mode === 'postgres' ? (config.socketPath ?? config.host) : config.host,
    port: config.port,
    user: config.user,
    password: config.password,
    dbName: config.name,
    entities: ENTITIES,
    forceUtcTimezone: true,
    charset: config.mode === 'mysql' ? 'utf8mb4' : undefined,
    // Byte order for texts, so that names and codes compare as they do on PostgreSQL.
    collate: config.mode === 'mysql' ? 'utf8mb4_bin' : undefined,
    pool: { min: 0, max: config.poolSize, idleTimeoutMillis: IDLE_TIMEOUT_MS },
    driverOptions: config.mode === 'postgres' ? postgresOptions(config) : mysqlOptions(config),
    extensions: [Migrator],
    migrations: {
      migrationsList: MIGRATIONS[config.mode],
      tableName: 'schema_migrations',
      snapshotOnMigrate: false,
      // MySQL commits every DDL statement by itself; on PostgreSQL a failed migration leaves nothing behind.
      transactional: config.mode === 'postgres',
    },
  };
}

function tls(config: DatabaseConfig): object | undefined {
  if (!config.ssl) return undefined;
  const { rejectUnauthorized, verifyHost, ca } = config.ssl;
  // `verify-ca`: who signed is checked, whose name it is not.
  return { rejectUnauthorized, ca, ...(verifyHost ? {} : { checkServerIdentity: () => undefined }) };
}

function postgresOptions(config: DatabaseConfig): Record<string, unknown> {
  return {
    application_name: config.applicationName,
    statement_timeout: config.statementTimeoutMs,
    connectionTimeoutMillis: config.connectTimeoutMs,
    keepAlive: true,
    ssl: tls(config),
  };
}

function mysqlOptions(config: DatabaseConfig): Record<string, unknown> {
  return {
    connectTimeout: config.connectTimeoutMs,
    enableKeepAlive: true,
    connectAttributes: { program_name: config.applicationName },
    socketPath: config.socketPath,
    ssl: tls(config),
  };
}
