import { Injectable } from '@nestjs/common';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import type { ReportedStatus } from '../device-presence.entity.js';
import type { Life } from './life-case.js';
import type { LifeCondition, LifeReason, LifeState } from './life.js';
import type { PresenceState } from './presence-state.js';

/** What is known of a device that was heard. */
export interface Known {
  readonly presence: PresenceState;
  readonly life: Life;
}

/** What is to be written of a device. */
export interface Kept extends Known {
  /** Epoch milliseconds; null: it does not change by itself. */
  readonly nextDueAt: number | null;
}

type Instant = string | Date;

interface Row {
  device_id: string;
  last_seen_at: Instant;
  reported_status: ReportedStatus | null;
  reported_at: Instant | null;
  battery_level: number | null;
  signal_strength: number | null;
  firmware: string | null;
  message: string | null;
  last_data_at: Instant | null;
  clock_wrong_at: Instant | null;
  state: LifeState;
  state_since: Instant | null;
  reason: LifeReason | null;
  conditions: string;
  watched_since: Instant | null;
}

const COLUMNS = [
  ...['device_id', 'last_seen_at', 'reported_status', 'reported_at', 'battery_level', 'signal_strength', 'firmware'],
  ...['message', 'last_data_at', 'clock_wrong_at', 'state', 'state_since', 'reason', 'conditions', 'watched_since'],
  'next_due_at',
];

/** Rows of one statement; 16 parameters each where rows are parameters, far below the limit of the database. */
const MAX_ROWS = 2_000;

/** Reads and writes the presence of many devices at once. */
@Injectable()
export class PresenceStore {
  /**
   * What is known of the devices, locked until commit in the order of their ids, so that no two writers deadlock.
   * A device that was never heard is locked by its own row, and one that does not exist is left out.
   * @param ids sorted, each once
   */
  async lock(tx: Transaction, ids: readonly string[]): Promise<Map<string, Known | null>> {
    const known: Map<string, Known | null> = await this.lockKnown(tx, ids);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    const { rows } = await tx.query<{ id: string }>(
      `select id from devices where id in ${placeholders(missing.length)} order by id for update`,
      missing,
    );
    const existing = rows.map(({ id }) => id);
    // Another instance may have heard them for the first time while we waited.
    const meanwhile = await this.lockKnown(tx, existing);
    for (const id of existing) known.set(id, meanwhile.get(id) ?? null);
    return known;
  }

  /** What is known of those of the devices that were heard, locked like that. @param ids sorted, each once */
  async lockKnown(tx: Transaction, ids: readonly string[]): Promise<Map<string, Known>> {
    if (ids.length === 0) return new Map();
    const { rows } = await tx.query<Row>(
      `select * from device_presence where device_id in ${placeholders(ids.length)} order by device_id for update`,
      ids,
    );
    return knownOf(tx, rows);
  }

  /**
   * What is known of those of the devices that are due at an instant (epoch ms) and that nobody else works on, locked:
   * whoever holds one of them has news of it, and decides by it when it is due next.
   */
  async lockDue(tx: Transaction, ids: readonly string[], at: number): Promise<Map<string, Known>> {
    const { rows } = await tx.query<Row>(
      `select * from device_presence where device_id in ${placeholders(ids.length)} and next_due_at <= ?
       order by device_id for update skip locked`,
      [...ids, tx.dialect.instant(at)],
    );
    return knownOf(tx, rows);
  }

  /** Writes all that is known of the devices. */
  async save(tx: Transaction, kept: ReadonlyMap<string, Kept>): Promise<void> {
    const instant = (at: number | null): string | null => (at === null ? null : tx.dialect.instant(at));
    const rows = [...kept].map(([deviceId, { presence: p, life, nextDueAt }]) => [
      ...[deviceId, instant(p.lastSeenAt), p.reportedStatus, instant(p.reportedAt), p.batteryLevel, p.signalStrength],
      ...[p.firmware, p.message, instant(p.lastDataAt), instant(p.clockWrongAt), life.state, instant(life.since)],
      ...[life.reason, life.conditions.join(','), instant(life.watchedSince), instant(nextDueAt)],
    ]);
    for (let from = 0; from < rows.length; from += MAX_ROWS) {
      const some = rows.slice(from, from + MAX_ROWS);
      const { sql, params } = tx.dialect.upsertRows('device_presence', COLUMNS, some);
      await tx.query(sql, params);
    }
  }
}

function knownOf(tx: Transaction, rows: readonly Row[]): Map<string, Known> {
  const epoch = (at: Instant | null): number | null => (at === null ? null : tx.dialect.epochMs(at));
  return new Map(
    rows.map((row) => {
      const lastSeenAt = tx.dialect.epochMs(row.last_seen_at);
      const presence: PresenceState = {
        lastSeenAt,
        reportedStatus: row.reported_status,
        reportedAt: epoch(row.reported_at),
        batteryLevel: row.battery_level,
        signalStrength: row.signal_strength,
        firmware: row.firmware,
        message: row.message,
        lastDataAt: epoch(row.last_data_at),
        clockWrongAt: epoch(row.clock_wrong_at),
      };
      const life: Life = {
        state: row.state,
        reason: row.reason ?? 'LAST_HEARTBEAT',
        since: epoch(row.state_since) ?? lastSeenAt,
        conditions: row.conditions === '' ? [] : (row.conditions.split(',') as LifeCondition[]),
        watchedSince: epoch(row.watched_since) ?? lastSeenAt,
      };
      return [row.device_id, { presence, life }];
    }),
  );
}
