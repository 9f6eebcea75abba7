import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { newId } from '../../common/ids.js';
import type { Cells, SqlDialect } from '../../database/dialects/sql-dialect.js';
import type { Transaction } from '../../database/transaction.js';
import type { NewLiveEvent } from '../../outbox/live-event.js';
import { DeviceAlerts } from '../device-alerts.js';
import type { ReportedStatus } from '../device-presence.entity.js';
import { alertsBetween } from './life-alerts.js';
import type { DeviceFacts, Life } from './life-case.js';
import { isOther } from './life-judge.js';
import type { PresenceState } from './presence-state.js';

/** What happened to one device in a transaction. */
export interface Passage {
  readonly facts: DeviceFacts;
  /** Its life before, and everything that it became after that, oldest first. */
  readonly lives: readonly [Life, ...Life[]];
  readonly presence: PresenceState;
  readonly previousStatus: ReportedStatus | null;
  /** When it happened, epoch milliseconds. */
  readonly at: number;
}

const HISTORY = ['id', 'device_id', 'municipality_id', 'from_state', 'to_state', 'reason', 'changed_at'];
/** Rows of one statement. */
const MAX_ROWS = 2_000;

/** Enters what happened to devices into their history, the alerts and the live log, in the transaction of the change. */
@Injectable()
export class LifeChanges {
  constructor(private readonly modules: ModuleRef) {}

  /** @returns the live events; the caller appends them to the outbox as its last step */
  async enter(tx: Transaction, passages: readonly Passage[]): Promise<NewLiveEvent[]> {
    await insertHistory(
      tx,
      passages.flatMap((passage) => historyOf(passage, tx.dialect)),
    );
    const alerts = passages.map(({ facts, lives, at }) => alertsBetween(facts, lives[0], lives.at(-1)!, at));
    const raised = alerts.flatMap((one) => one.raised);
    const cleared = alerts.flatMap((one) => one.cleared);
    const events = passages.filter(isNews).map(statusEvent);
    if (raised.length + cleared.length === 0) return events;
    // Implemented by alerts, which this room does not import.
    const told = await this.modules.get(DeviceAlerts, { strict: false }).apply(tx, raised, cleared);
    return [...events, ...told];
  }
}

function isNews({ lives, presence, previousStatus }: Passage): boolean {
  return presence.reportedStatus !== previousStatus || isOther(lives[0], lives.at(-1)!);
}

function historyOf({ facts, lives }: Passage, dialect: SqlDialect): Cells[] {
  return lives.slice(1).flatMap((life, i) => {
    const from = lives[i]!.state;
    if (from === life.state) return [];
    return [
      [newId(), facts.deviceId, facts.municipalityId, from, life.state, life.reason, dialect.instant(life.since)],
    ];
  });
}

async function insertHistory(tx: Transaction, rows: readonly Cells[]): Promise<void> {
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const some = rows.slice(from, from + MAX_ROWS);
    const { sql, params } = tx.dialect.insertRows('device_status_history', HISTORY, some);
    await tx.query(sql, params);
  }
}

function statusEvent({ facts, lives, presence, previousStatus }: Passage): NewLiveEvent {
  const life = lives.at(-1)!;
  const { deviceId, municipalityId } = facts;
  const payload = JSON.stringify({
    deviceId,
    municipalityId,
    change: 'status',
    reportedStatus: presence.reportedStatus,
    previousStatus,
    lastSeenAt: new Date(presence.lastSeenAt).toISOString(),
    batteryLevel: presence.batteryLevel,
    signalStrength: presence.signalStrength,
    firmware: presence.firmware,
    message: presence.message,
    health: {
      status: life.state,
      previousStatus: lives[0].state,
      reasonCode: life.reason,
      since: new Date(life.since).toISOString(),
      conditions: life.conditions,
    },
  });
  return { municipalityId, type: 'device', payload };
}
