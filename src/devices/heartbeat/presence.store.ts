import { Injectable } from '@nestjs/common';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import { DevicePresence, type ReportedStatus } from '../device-presence.entity.js';
import type { PresenceState } from './presence-state.js';

interface Row {
  device_id: string;
  last_seen_at: string | Date;
  reported_status: ReportedStatus | null;
  reported_at: string | Date | null;
  battery_level: number | null;
  signal_strength: number | null;
  firmware: string | null;
  message: string | null;
}

/** Rows of one insert; eight parameters each, far below the limit of either database. */
const MAX_ROWS = 5_000;

/** Reads and writes the presence of many devices at once. */
@Injectable()
export class PresenceStore {
  /**
   * What is known of the devices, locked until commit in the order of their ids, so that no two writers deadlock.
   * A device that was never heard is locked by its own row, and one that does not exist is left out.
   * @param ids sorted, each once
   */
  async lock(tx: Transaction, ids: readonly string[]): Promise<Map<string, PresenceState | null>> {
    const known = await this.lockKnown(tx, ids);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    const { rows } = await tx.query<{ id: string }>(
      `select id from devices where id in ${placeholders(missing.length)} order by id for update`,
      missing,
    );
    const existing = rows.map(({ id }) => id);
    // Another instance may have heard them for the first time while we waited.
    const meanwhile = existing.length > 0 ? await this.lockKnown(tx, existing) : new Map<string, PresenceState>();
    for (const id of existing) known.set(id, meanwhile.get(id) ?? null);
    return known;
  }

  /** Writes all states in one statement. */
  async save(tx: Transaction, states: ReadonlyMap<string, PresenceState>): Promise<void> {
    const rows = [...states].map(([deviceId, state]) => ({
      ...state,
      deviceId,
      lastSeenAt: new Date(state.lastSeenAt),
      reportedAt: state.reportedAt === null ? null : new Date(state.reportedAt),
    }));
    if (rows.length === 0) return;
    await tx.em.upsertMany(DevicePresence, rows, { batchSize: MAX_ROWS, disableIdentityMap: true });
  }

  private async lockKnown(tx: Transaction, ids: readonly string[]): Promise<Map<string, PresenceState | null>> {
    const { rows } = await tx.query<Row>(
      `select * from device_presence where device_id in ${placeholders(ids.length)} order by device_id for update`,
      ids,
    );
    return new Map(
      rows.map((row) => [
        row.device_id,
        {
          lastSeenAt: tx.dialect.epochMs(row.last_seen_at),
          reportedStatus: row.reported_status,
          reportedAt: row.reported_at === null ? null : tx.dialect.epochMs(row.reported_at),
          batteryLevel: row.battery_level,
          signalStrength: row.signal_strength,
          firmware: row.firmware,
          message: row.message,
        },
      ]),
    );
  }
}
