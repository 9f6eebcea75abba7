import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';

const DAY_MS = 86_400_000;
/** A year of hours can be compared with the year before. */
const KEEP_HOURS_MS = 800 * DAY_MS;
/** Numbers are one row per message, and about what can still be looked for at the device. */
const KEEP_NUMBERS_MS = 92 * DAY_MS;
/** Devices at a time: each is a range of the primary key. */
const DEVICES = 200;

/** Takes out of the ledger what is too old; readings stay, and with them what was received. */
@Injectable()
export class LedgerPruner {
  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** Works through all devices, as the platform's own work. Can be repeated and cut short. */
  async prune(): Promise<void> {
    const now = this.clock.nowMs();
    for (let last = ''; ;) {
      const { rows } = await this.transactions.query<{ id: string }>(
        `select id from devices where id > ? order by id limit ${DEVICES}`,
        [last],
      );
      if (rows.length === 0) return;
      const ids = rows.map(({ id }) => id);
      await this.delete(`delete from delivery_hours where device_id in ${placeholders(ids.length)} and hour < ?`, [
        ...ids,
        this.transactions.dialect.instant(now - KEEP_HOURS_MS),
      ]);
      await this.delete(
        `delete from message_sequences where device_id in ${placeholders(ids.length)} and instant < ?`,
        [...ids, this.transactions.dialect.instant(now - KEEP_NUMBERS_MS)],
      );
      last = ids.at(-1)!;
    }
  }

  private async delete(sql: string, params: readonly unknown[]): Promise<void> {
    await this.transactions.run((tx) => tx.query(sql, params));
  }
}
