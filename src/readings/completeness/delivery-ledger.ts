import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction.js';
import type { PreparedBatch } from '../prepared-batch.js';
import type { StoredBatch } from '../reading-store.js';
import { DeliveryCounts } from './delivery-counts.js';

/** Rows of one statement; three parameters each. */
const MAX_ROWS = 2_000;

interface Numbered {
  readonly deviceId: string;
  readonly instant: number;
  readonly seq: number;
}

/**
 * Keeps what the readings themselves do not tell about how they came: numbers of reading sets, which are written with the
 * readings, so that a crash leaves no gap where none is; and counts of duplicates and delays, which cost no statement.
 */
@Injectable()
export class DeliveryLedger {
  constructor(private readonly counts: DeliveryCounts) {}

  /** Writes the numbers in the caller's transaction, and counts once it is committed. */
  async record(tx: Transaction, batch: PreparedBatch, stored: StoredBatch): Promise<void> {
    const deliveries = batch.deliveries(stored);
    const numbered: Numbered[] = [];
    for (const { deviceId, instant, seq } of deliveries) {
      if (seq !== undefined) numbered.push({ deviceId, instant, seq });
    }
    if (numbered.length > 0) await writeSequences(tx, numbered);
    tx.onCommit(() => this.counts.note(deliveries));
  }
}

/** In the order of their keys, so that no two writers of the same messages deadlock. */
async function writeSequences(tx: Transaction, numbered: readonly Numbered[]): Promise<void> {
  const rows = [...numbered].sort(
    (a, b) =>
      (a.deviceId < b.deviceId ? -1 : a.deviceId > b.deviceId ? 1 : 0) || a.instant - b.instant || a.seq - b.seq,
  );
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const some = rows.slice(from, from + MAX_ROWS);
    await tx.query(
      `insert into message_sequences (device_id, instant, seq) values ${'(?,?,?),'.repeat(some.length).slice(0, -1)}
       ${tx.dialect.skipTaken('device_id')}`,
      some.flatMap(({ deviceId, instant, seq }) => [deviceId, tx.dialect.instant(instant), seq]),
    );
  }
}
