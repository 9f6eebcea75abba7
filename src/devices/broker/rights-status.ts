import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { Transactions } from '../../database/transaction.js';
import { RIGHTS_SYNC } from './broker-sync.entity.js';

/** How far the broker is behind the devices, over all instances. */
export interface BrokerRights {
  readonly inStep: boolean;
  /** Changes that the broker has not confirmed. */
  readonly pending: number;
  /** End of the last comparison of everything; null: none yet. */
  readonly reconciledAt: Date | null;
  /** What it found different, and repaired. */
  readonly differences: number;
  /** Devices that need a new MQTT credential, since the password of theirs is not stored. */
  readonly unknownPasswords: number;
}

interface Row {
  pending: number | string;
  reconciled_at: string | Date | null;
  differences: number;
  unknown_passwords: number;
}

/** Tells how the work on the broker's rights stands. */
@Injectable()
export class RightsStatus {
  constructor(
    private readonly config: AppConfig,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** Null where no broker is kept in step (`MQTT_DYNAMIC_SECURITY`). */
  async read(): Promise<BrokerRights | null> {
    if (!this.config.mqtt.dynamicSecurity) return null;
    const { dialect } = this.transactions;
    const { rows } = await this.transactions.query<Row>(
      `select (select count(*) from broker_changes where due_at <= ? or attempts > 0) as pending,
         reconciled_at, differences, unknown_passwords from broker_sync where name = ?`,
      [dialect.instant(this.clock.nowMs()), RIGHTS_SYNC],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const pending = Number(row.pending);
    return {
      inStep: pending === 0 && row.reconciled_at !== null,
      pending,
      reconciledAt: row.reconciled_at === null ? null : new Date(dialect.epochMs(row.reconciled_at)),
      differences: row.differences,
      unknownPasswords: row.unknown_passwords,
    };
  }
}
