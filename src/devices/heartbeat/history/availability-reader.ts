import { Injectable } from '@nestjs/common';
import { placeholders } from '../../../database/sql.js';
import { Transactions } from '../../../database/transaction.js';
import { DeviceFactsReader } from '../device-facts.js';
import type { LifeState } from '../life.js';
import { ListenedTime, type Span } from '../listening/listened-time.js';
import type { Door } from '../listening/listening-span.entity.js';
import type { StateChange } from './availability.js';

/** What there is to know of a device's states within a range. */
export interface StateStory {
  readonly deviceId: string;
  readonly initial: LifeState;
  readonly changes: readonly StateChange[];
  /** Times in which nobody listened at its door. */
  readonly gaps: readonly Span[];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

interface ChangeRow {
  device_id: string;
  from_state: LifeState;
  to_state: LifeState;
  changed_at: string | Date;
}

/** Reads the states of devices from their history, with the same few statements for any number of them. */
@Injectable()
export class AvailabilityReader {
  constructor(
    private readonly transactions: Transactions,
    private readonly facts: DeviceFactsReader,
  ) {}

  /** The stories of devices that the caller may see, in the order of `ids`. Epoch milliseconds. */
  async stories(ids: readonly string[], range: Range): Promise<StateStory[]> {
    if (ids.length === 0) return [];
    const [devices, before, present, changes, spans] = [
      await this.facts.read(this.transactions, ids),
      await this.statesAt(ids, range.from),
      await this.presentStates(ids),
      await this.changes(ids, range),
      await this.spans(range),
    ];
    const untold = ids.filter((id) => !before.has(id) && !changes.has(id));
    const later = await this.statesUntilChange(untold, range.to);
    const gaps = { mqtt: spans.mqtt.gaps(range.from, range.to), http: spans.http.gaps(range.from, range.to) };
    const { dialect } = this.transactions;
    return ids.map((deviceId) => {
      const own = changes.get(deviceId) ?? [];
      return {
        deviceId,
        // What was there before the history began has stayed as it is, or as its first change tells.
        initial:
          before.get(deviceId) ?? own[0]?.from_state ?? later.get(deviceId) ?? present.get(deviceId) ?? 'never_seen',
        changes: own.map((row) => ({ at: dialect.epochMs(row.changed_at), state: row.to_state })),
        gaps: gaps[devices.get(deviceId)?.door ?? 'mqtt'],
      };
    });
  }

  private async statesAt(ids: readonly string[], instant: number): Promise<Map<string, LifeState>> {
    const { rows } = await this.transactions.query<{ device_id: string; to_state: LifeState }>(
      `select device_id, to_state from (
         select device_id, to_state,
           row_number() over (partition by device_id order by changed_at desc, id desc) as place
         from device_status_history where device_id in ${placeholders(ids.length)} and changed_at <= ?) past
       where place = 1`,
      [...ids, this.transactions.dialect.instant(instant)],
    );
    return new Map(rows.map((row) => [row.device_id, row.to_state]));
  }

  /** What those were until then whose first change comes after an instant. */
  private async statesUntilChange(ids: readonly string[], instant: number): Promise<Map<string, LifeState>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.transactions.query<{ device_id: string; from_state: LifeState }>(
      `select device_id, from_state from (
         select device_id, from_state, row_number() over (partition by device_id order by changed_at, id) as place
         from device_status_history where device_id in ${placeholders(ids.length)} and changed_at > ?) later
       where place = 1`,
      [...ids, this.transactions.dialect.instant(instant)],
    );
    return new Map(rows.map((row) => [row.device_id, row.from_state]));
  }

  private async presentStates(ids: readonly string[]): Promise<Map<string, LifeState>> {
    const { rows } = await this.transactions.query<{ device_id: string; state: LifeState }>(
      `select device_id, state from device_presence where device_id in ${placeholders(ids.length)}`,
      ids,
    );
    return new Map(rows.map((row) => [row.device_id, row.state]));
  }

  private async changes(ids: readonly string[], { from, to }: Range): Promise<Map<string, ChangeRow[]>> {
    const { rows } = await this.transactions.query<ChangeRow>(
      `select device_id, from_state, to_state, changed_at from device_status_history
       where device_id in ${placeholders(ids.length)} and changed_at > ? and changed_at <= ?
       order by device_id, changed_at, id`,
      [...ids, this.transactions.dialect.instant(from), this.transactions.dialect.instant(to)],
    );
    const found = new Map<string, ChangeRow[]>();
    for (const row of rows) {
      const own = found.get(row.device_id);
      if (own) own.push(row);
      else found.set(row.device_id, [row]);
    }
    return found;
  }

  private async spans({ from, to }: Range): Promise<Record<Door, ListenedTime>> {
    const { dialect } = this.transactions;
    const { rows } = await this.transactions.query<{ door: Door; heard_since: string; heard_until: string }>(
      `select door, heard_since, heard_until from listening_spans where heard_until > ? and heard_since < ?`,
      [dialect.instant(from), dialect.instant(to)],
    );
    const spans: Record<Door, Span[]> = { mqtt: [], http: [] };
    for (const { door, heard_since, heard_until } of rows) {
      spans[door].push({ since: dialect.epochMs(heard_since), until: dialect.epochMs(heard_until) });
    }
    return { mqtt: new ListenedTime(spans.mqtt), http: new ListenedTime(spans.http) };
  }
}
