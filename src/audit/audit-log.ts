import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { placeholders, type SqlClient } from '../database/sql.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { AUDIT_COLUMNS, columnValues } from './audit-columns.js';
import { chainOf, type AuditEntry, type AuditRow } from './audit-entry.js';
import { rowsOf } from './audit-rows.js';

/** Rows of one insert, and characters of what changed: below the placeholders and the packet of every database. */
const MAX_ROWS = 500;
const MAX_CHARACTERS = 4_000_000;
const COLUMNS = AUDIT_COLUMNS.join(', ');
const ROW = placeholders(AUDIT_COLUMNS.length);

/**
 * Writes the audit log. Changes of audited entities get into it by themselves; what is left to say here is what no
 * entity shows: sign-ins, refusals, exports, and changes by raw SQL.
 */
@Injectable()
export class AuditLog {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** Writes entries in the transaction of what they tell: both are there, or neither. */
  async record(tx: Transaction, ...entries: readonly AuditEntry[]): Promise<void> {
    await this.write(tx.client, entries);
  }

  /** Writes an entry in a transaction of its own, for what changes nothing else. */
  async note(entry: AuditEntry): Promise<void> {
    await this.transactions.run((tx) => this.record(tx, entry));
  }

  /** Writes entries through the client of a transaction that is under way; for the observer of the ORM. */
  async write(client: SqlClient, entries: readonly AuditEntry[]): Promise<void> {
    const now = this.clock.nowMs();
    for (const rows of chunksOf(entries.flatMap((entry) => rowsOf(entry, now)))) await this.insert(client, rows);
  }

  private async insert(client: SqlClient, rows: readonly AuditRow[]): Promise<void> {
    const list = (row: string): string => `${row},`.repeat(rows.length).slice(0, -1);
    await this.dialect.runBoth(
      client,
      {
        sql: `insert into audit_logs (${COLUMNS}) values ${list(ROW)}`,
        params: rows.flatMap((row) => columnValues(row, this.dialect)),
      },
      // What the sealer has still to link; it takes the row away when it has.
      {
        sql: `insert into audit_pending (chain, audit_id) values ${list('(?,?)')}`,
        params: rows.flatMap(({ id, municipalityId }) => [chainOf(municipalityId), id]),
      },
    );
  }
}

function* chunksOf(rows: readonly AuditRow[]): Generator<readonly AuditRow[]> {
  let from = 0;
  let characters = 0;
  for (let i = 0; i < rows.length; i++) {
    const size = rows[i]!.changes?.length ?? 0;
    if (i > from && (i - from >= MAX_ROWS || characters + size > MAX_CHARACTERS)) {
      yield rows.slice(from, i);
      from = i;
      characters = 0;
    }
    characters += size;
  }
  if (from < rows.length) yield rows.slice(from);
}
