import type { EntityManager, Transaction as OrmTransaction } from '@mikro-orm/core';
import { CompiledQuery, type Kysely } from 'kysely';

/** Rows of a raw statement, and how many rows it inserted, changed or deleted. */
export interface SqlResult<Row> {
  rows: Row[];
  affected: number;
}

/** What a raw statement runs on: the transaction of an EntityManager, or the pool. */
export type SqlClient = Pick<Kysely<unknown>, 'executeQuery'>;

/** The client of an EntityManager: its transaction when it is in one, else the pool. */
export function sqlClientOf(em: EntityManager): SqlClient {
  const transaction = em.getTransactionContext<OrmTransaction<SqlClient>>();
  if (transaction) return transaction;
  return (em.getConnection() as unknown as { getClient(): SqlClient }).getClient();
}

/**
 * Runs one raw statement. Placeholders are the database's own; services use {@link SqlDialect.bind} through
 * `Transaction.query`, which takes `?` on both databases. Tenancy is the caller's duty: no filter reaches raw SQL.
 */
export async function runSql<Row>(client: SqlClient, sql: string, params: readonly unknown[]): Promise<SqlResult<Row>> {
  const result = await client.executeQuery<Row>(CompiledQuery.raw(sql, params as unknown[]));
  return { rows: result.rows, affected: Number(result.numAffectedRows ?? 0n) };
}

/** A parenthesised list of `count` placeholders, for `in`. */
export function placeholders(count: number): string {
  return `(${'?,'.repeat(count).slice(0, -1)})`;
}
