import { EntityManager, IsolationLevel } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { SqlDialect } from './dialects/sql-dialect.js';
import { runSql, sqlClientOf, type SqlClient, type SqlResult } from './sql.js';

/** One database transaction: the ORM and raw SQL on the same connection, and what is to happen once it is committed. */
export class Transaction {
  private readonly afterCommit: (() => void)[] = [];
  readonly client: SqlClient;

  constructor(
    readonly em: EntityManager,
    readonly dialect: SqlDialect,
  ) {
    this.client = sqlClientOf(em);
  }

  /** Runs raw SQL with `?` placeholders. The caller states the tenant: no filter reaches it. */
  query<Row = unknown>(sql: string, params: readonly unknown[] = []): Promise<SqlResult<Row>> {
    return runSql<Row>(this.client, this.dialect.bind(sql), params);
  }

  /** Registers work to be started after the commit; it is not run when the transaction rolls back. */
  onCommit(work: () => void): void {
    this.afterCommit.push(work);
  }

  /** Starts what was registered; called once, by the runner. */
  committed(): void {
    for (const work of this.afterCommit) work();
  }
}

/** Most deadlocks are over at the second try; more than this is a defect of lock order. */
const MAX_ATTEMPTS = 5;

/** Runs work in a transaction (READ COMMITTED on both databases) and again when it met a deadlock. */
@Injectable()
export class Transactions {
  constructor(
    private readonly em: EntityManager,
    readonly dialect: SqlDialect,
  ) {}

  /**
   * Runs `work` in one transaction. `work` may run more than once, so it must not do anything outside the transaction
   * but through `onCommit`.
   */
  async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        let transaction: Transaction | undefined;
        const result = await this.em.fork().transactional(
          (em) => {
            transaction = new Transaction(em, this.dialect);
            return work(transaction);
          },
          { isolationLevel: IsolationLevel.READ_COMMITTED },
        );
        transaction?.committed();
        return result;
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !this.dialect.isDeadlock(error)) throw error;
      }
    }
  }

  /** Runs raw SQL with `?` placeholders outside a transaction. The caller states the tenant. */
  query<Row = unknown>(sql: string, params: readonly unknown[] = []): Promise<SqlResult<Row>> {
    return runSql<Row>(sqlClientOf(this.em.fork()), this.dialect.bind(sql), params);
  }
}
