import type { INestApplicationContext } from '@nestjs/common';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { SignOfLife } from '../../src/devices/heartbeat/presence-state.js';
import type { Door } from '../../src/devices/heartbeat/listening/listening-span.entity.js';
import { Listening } from '../../src/devices/heartbeat/listening/listening.js';
import { PresenceService } from '../../src/devices/heartbeat/presence.service.js';
import { Sweeper } from '../../src/devices/heartbeat/sweep/sweeper.js';
import type { TestDatabase } from './databases.js';

/** Silence is judged as of this long before the last word of those who listen. */
export const SETTLE_MS = 2_000;

/** A clock that stands where a test has set it. */
export class StandingClock extends Clock {
  constructor(private at: number) {
    super();
  }

  now(): Date {
    return new Date(this.at);
  }

  /** @param at epoch milliseconds */
  set(at: number): void {
    this.at = at;
  }
}

/** What was found of one device. */
export interface StoredLife {
  readonly state: string;
  readonly reason: string;
  /** Milliseconds after the beginning. */
  readonly since: number;
  readonly conditions: string;
  readonly due: number | null;
}

/** Devices of one municipality, their signs of life, and those who listen; times are milliseconds after `start`. */
export class Lives {
  private span: { id: string; since: number } | undefined;

  constructor(
    private readonly db: TestDatabase,
    private readonly app: INestApplicationContext,
    private readonly clock: StandingClock,
    private readonly municipalityId: string,
    private readonly start: number,
  ) {}

  /** Registers devices that are expected every minute. */
  async register(ids: readonly string[], intervalSeconds = 60): Promise<void> {
    const now = this.db.dialect.instant(this.start);
    await this.db.transactions.query(
      `insert into devices (id, municipality_id, name, heartbeat_interval_seconds, created_at, updated_at)
       values ${ids.map(() => '(?,?,?,?,?,?)').join(',')}`,
      ids.flatMap((id) => [id, this.municipalityId, id, intervalSeconds, now, now]),
    );
  }

  /** Somebody has listened up to now, without a pause since the last call; a new process begins anew. */
  async listened(until: number, { anew, door = 'mqtt' }: { anew?: number; door?: Door } = {}): Promise<void> {
    if (anew !== undefined || this.span === undefined) this.span = { id: newId(), since: anew ?? -3_600_000 };
    const { dialect } = this.db;
    await this.db.transactions.query(
      dialect.upsert('listening_spans', ['id', 'door', 'heard_since', 'heard_until'], 1),
      [this.span.id, door, dialect.instant(this.start + this.span.since), dialect.instant(this.start + until)],
    );
    this.clock.set(this.start + until);
    await this.app.get(Listening).refresh(this.start + until);
  }

  async sign(ids: readonly string[], at: number, changes: Partial<SignOfLife> = {}): Promise<void> {
    const signs = ids.map((deviceId) => ({ deviceId, at: this.start + at, ...changes }));
    await this.app.get(PresenceService).record(signs);
  }

  /** Sweeps as of an instant up to which somebody listened. */
  async sweep(at: number): Promise<{ looked: number; changed: number }> {
    await this.listened(at + SETTLE_MS);
    return this.app.get(Sweeper).sweep();
  }

  async stored(ids: readonly string[]): Promise<Map<string, StoredLife>> {
    const { dialect } = this.db;
    const { rows } = await this.db.transactions.query<{
      device_id: string;
      state: string;
      reason: string;
      state_since: string | Date;
      conditions: string;
      next_due_at: string | Date | null;
    }>(`select * from device_presence where device_id in (${ids.map(() => '?').join(',')})`, ids);
    return new Map(
      rows.map((row) => [
        row.device_id,
        {
          state: row.state,
          reason: row.reason,
          since: dialect.epochMs(row.state_since) - this.start,
          conditions: row.conditions,
          due: row.next_due_at === null ? null : dialect.epochMs(row.next_due_at) - this.start,
        },
      ]),
    );
  }

  /** The history of each device from an instant on: `offline 180.001`, in seconds. */
  async history(from: number): Promise<Map<string, string[]>> {
    const { rows } = await this.db.transactions.query<{
      device_id: string;
      to_state: string;
      changed_at: string | Date;
    }>(
      `select device_id, to_state, changed_at from device_status_history
       where municipality_id = ? and changed_at > ? order by device_id, changed_at, id`,
      [this.municipalityId, this.db.dialect.instant(this.start + from)],
    );
    const stories = new Map<string, string[]>();
    for (const row of rows) {
      const at = (this.db.dialect.epochMs(row.changed_at) - this.start) / 1_000;
      stories.set(row.device_id, [...(stories.get(row.device_id) ?? []), `${row.to_state} ${at}`]);
    }
    return stories;
  }

  /** Devices with an open alert of a kind, sorted. */
  async alerting(kind = 'device_offline'): Promise<string[]> {
    const { rows } = await this.db.transactions.query<{ device_id: string }>(
      `select device_id from alerts where municipality_id = ? and kind = ? and open_marker = 1 order by device_id`,
      [this.municipalityId, kind],
    );
    return rows.map((row) => row.device_id);
  }

  /** Number of alerts of a kind that there ever were. */
  async alertsEver(kind = 'device_offline'): Promise<number> {
    const { rows } = await this.db.transactions.query<{ n: number | string }>(
      `select count(*) as n from alerts where municipality_id = ? and kind = ?`,
      [this.municipalityId, kind],
    );
    return Number(rows[0]!.n);
  }
}
