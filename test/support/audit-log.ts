import { type Clock, SystemClock } from '../../src/common/clock.js';
import { AuditKeys } from '../../src/audit/audit-keys.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { AuditVerifier, type ChainReport } from '../../src/audit/audit-verifier.js';
import { ChainReader } from '../../src/audit/chain-reader.js';
import { Sealer } from '../../src/audit/sealer.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { closeOrm, createOrm } from '../../src/database/create-orm.js';
import { SecretCipher } from '../../src/database/secret-cipher.js';
import { Transactions } from '../../src/database/transaction.js';
import type { TestDatabase } from './databases.js';

/** What one application instance has for the audit log. */
export interface AuditInstance {
  readonly transactions: Transactions;
  readonly log: AuditLog;
  readonly keys: AuditKeys;
  readonly reader: ChainReader;
  readonly sealer: Sealer;
  readonly verifier: AuditVerifier;
  close(): Promise<void>;
}

/** Wires the audit log on connections of its own, as another process would have them. */
export async function openAuditLog(db: TestDatabase, clock: Clock = new SystemClock()): Promise<AuditInstance> {
  const config: AppConfig = db.config();
  const orm = await createOrm(config.database, { logger: () => {} });
  const transactions = new Transactions(orm.em, db.dialect);
  const keys = new AuditKeys(transactions, db.dialect, new SecretCipher(config), clock);
  const reader = new ChainReader(transactions, db.dialect);
  return {
    transactions,
    keys,
    reader,
    log: new AuditLog(transactions, db.dialect, clock),
    sealer: new Sealer(transactions, reader, keys, clock),
    verifier: new AuditVerifier(transactions, reader, keys),
    close: () => closeOrm(orm, config.database),
  };
}

/** Lets append-only tables be changed, as somebody could who owns the database. */
export async function unlockAuditTables(db: TestDatabase): Promise<void> {
  for (const table of ['audit_logs', 'audit_seals']) {
    if (db.mode === 'postgres') await db.transactions.query(`alter table ${table} disable trigger user`);
    else
      for (const verb of ['update', 'delete'])
        await db.transactions.query(`drop trigger if exists ${table}_no_${verb}`);
  }
}

/** The first finding of a report, as text. */
export function firstFinding({ findings: [first] }: ChainReport): string | undefined {
  return first && `${first.position ?? '-'} ${first.auditId ?? '-'} ${first.problem}`;
}
