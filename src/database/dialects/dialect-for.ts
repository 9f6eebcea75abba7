import { MysqlDialect } from './mysql.dialect.js';
import { PostgresDialect } from './postgres.dialect.js';
import type { SqlDialect } from './sql-dialect.js';

/** The dialect of a database mode. */
export function dialectFor(mode: 'postgres' | 'mysql'): SqlDialect {
  return mode === 'postgres' ? new PostgresDialect() : new MysqlDialect();
}
