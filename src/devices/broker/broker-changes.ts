import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';

/** A change that waits for the broker. */
export interface PendingChange {
  readonly id: string;
  readonly municipalityId: string;
  /** Null: every device of the municipality. */
  readonly deviceId: string | null;
  readonly urgent: boolean;
  readonly attempts: number;
}

interface Row {
  id: string;
  municipality_id: string;
  device_id: string | null;
  urgent: boolean | number;
  attempts: number;
}

/** A device whose rights will change by themselves. */
export interface ScheduledChange {
  readonly municipalityId: string;
  readonly deviceId: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const CHUNK = 500;
const RETRY_INITIAL_MS = 250;
const RETRY_MAX_MS = 60_000;

/**
 * The list of devices whose rights at the broker may differ from what the database says. Rows are only ever added by
 * those who change something, so nobody who changes a device waits for the broker; whoever works on the broker removes
 * those that he had read before he read the devices.
 */
@Injectable()
export class BrokerChanges {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Notes that a device changed, in the transaction of the change; nothing where no broker is to be kept in step.
   * @param urgent somebody may lose a right by it
   */
  async note(tx: Transaction, municipalityId: string, deviceId: string | null, urgent: boolean): Promise<void> {
    if (!this.config.mqtt.dynamicSecurity) return;
    await this.insert(tx, [{ id: newId(), municipalityId, deviceId, urgent, attempts: 0 }], this.clock.nowMs());
  }

  /** Changes that are due, those that take rights away before the others. */
  async due(tx: Pick<Transaction, 'query' | 'dialect'>, limit: number): Promise<PendingChange[]> {
    const found: PendingChange[] = [];
    for (const urgent of [true, false]) {
      const { rows } = await tx.query<Row>(
        `select id, municipality_id, device_id, urgent, attempts from broker_changes
         where urgent = ? and due_at <= ? order by due_at, id limit ${Math.trunc(limit - found.length)}`,
        [urgent, tx.dialect.instant(this.clock.nowMs())],
      );
      found.push(...rows.map(changeOf));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Removes changes that the broker has learned. */
  async done(tx: Transaction, ids: readonly string[]): Promise<void> {
    for (const chunk of chunksOf(ids)) {
      await tx.query(`delete from broker_changes where id in ${placeholders(chunk.length)}`, chunk);
    }
  }

  /** Tries changes again later, each time later than before. */
  async postpone(tx: Transaction, changes: readonly PendingChange[]): Promise<void> {
    for (const { id, attempts } of changes) {
      const dueAt = this.clock.nowMs() + Math.min(RETRY_MAX_MS, RETRY_INITIAL_MS * 2 ** Math.min(attempts, 20));
      const params = [tx.dialect.instant(dueAt), id];
      await tx.query(`update broker_changes set attempts = attempts + 1, due_at = ? where id = ?`, params);
    }
  }

  /** Puts a change for each device of a municipality in the place of one for all of them. */
  async expand(tx: Transaction, { id, municipalityId, urgent }: PendingChange): Promise<void> {
    const { rows } = await tx.query<{ id: string }>(`select id from devices where municipality_id = ? order by id`, [
      municipalityId,
    ]);
    const changes = rows.map((row) => ({ id: newId(), municipalityId, deviceId: row.id, urgent, attempts: 0 }));
    await this.insert(tx, changes, this.clock.nowMs());
    await this.done(tx, [id]);
  }

  /** Every change that is noted of some devices, also what lies ahead: device → ids. Read before the devices themselves. */
  async of(tx: Transaction, deviceIds: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const chunk of chunksOf(deviceIds)) {
      const { rows } = await tx.query<{ id: string; device_id: string }>(
        `select id, device_id from broker_changes where device_id in ${placeholders(chunk.length)}`,
        chunk,
      );
      for (const row of rows) found.set(row.device_id, [...(found.get(row.device_id) ?? []), row.id]);
    }
    return found;
  }

  /** Notes when rights will end by themselves. */
  async schedule(tx: Transaction, ends: readonly ScheduledChange[]): Promise<void> {
    for (const { municipalityId, deviceId, at } of ends) {
      await this.insert(tx, [{ id: newId(), municipalityId, deviceId, urgent: true, attempts: 0 }], at);
    }
  }

  /** Brings devices back into the list, after it had been lost whether they are in step. */
  async again(tx: Transaction, changes: readonly PendingChange[]): Promise<void> {
    const renewed = changes.map((change) => ({ ...change, id: newId(), attempts: 0 }));
    await this.insert(tx, renewed, this.clock.nowMs());
  }

  private async insert(tx: Transaction, changes: readonly PendingChange[], dueAt: number): Promise<void> {
    const due = tx.dialect.instant(dueAt);
    for (const chunk of chunksOf(changes)) {
      await tx.query(
        `insert into broker_changes (id, municipality_id, device_id, urgent, due_at, attempts)
         values ${'(?,?,?,?,?,?),'.repeat(chunk.length).slice(0, -1)}`,
        chunk.flatMap((one) => [one.id, one.municipalityId, one.deviceId, one.urgent, due, one.attempts]),
      );
    }
  }
}

function changeOf({ id, municipality_id, device_id, urgent, attempts }: Row): PendingChange {
  return { id, municipalityId: municipality_id, deviceId: device_id, urgent: Boolean(urgent), attempts };
}

function* chunksOf<T>(items: readonly T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
