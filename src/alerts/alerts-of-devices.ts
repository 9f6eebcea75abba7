import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { placeholders } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import {
  DeviceAlerts,
  type DeviceAlertClear,
  type DeviceAlertKind,
  type DeviceAlertRaise,
} from '../devices/device-alerts.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { alertEvent } from './alert-book.js';
import { Alert } from './alert.entity.js';
import type { ShownAlert } from './alert.mapper.js';

type OpenAlerts = ReadonlyMap<string, ShownAlert>;

/** Alerts in one statement, far below the limit of placeholders of either database. */
const CHUNK = 1_000;
const COLUMNS = [
  ...['id', 'municipality_id', 'kind', 'device_id', 'title', 'severity', 'status', 'open_marker', 'device_marker'],
  ...['opened_at', 'last_occurred_at', 'occurrences', 'created_at', 'updated_at'],
];

const TITLE_LENGTH = 200;

/**
 * Opens and ends alerts about devices, thousands at a time when a network goes down. In raw SQL: that the platform opens
 * and ends alerts is not audited. Two callers that find the same at once are told apart by the unique key: the second
 * one's alert is the first one's.
 */
@Injectable()
export class AlertsOfDevices extends DeviceAlerts {
  constructor(private readonly clock: Clock) {
    super();
  }

  override async apply(
    tx: Transaction,
    raised: readonly DeviceAlertRaise[],
    cleared: readonly DeviceAlertClear[],
  ): Promise<NewLiveEvent[]> {
    if (raised.length + cleared.length === 0) return [];
    const open = await openAlerts(tx, [...raised, ...cleared]);
    return [
      ...(await this.clear(tx, open, cleared)),
      ...(await this.update(tx, open, raised)),
      ...(await this.open(tx, open, raised)),
    ];
  }

  private async clear(
    tx: Transaction,
    open: OpenAlerts,
    cleared: readonly DeviceAlertClear[],
  ): Promise<NewLiveEvent[]> {
    const over = new Map<string, ShownAlert>();
    for (const one of cleared) {
      const alert = open.get(keyOf(one));
      // Never before it opened, whatever the clocks of several machines say.
      const resolvedAt = alert && new Date(Math.max(one.at, alert.openedAt.getTime()));
      if (alert) over.set(alert.id, { ...alert, status: 'RESOLVED', resolvedAt });
    }
    const { dialect } = tx;
    for (const some of chunksOf([...over.values()])) {
      const instants = some.flatMap(({ id, resolvedAt }) => [id, dialect.instant(resolvedAt!.getTime())]);
      const cases = `when ? then cast(? as ${dialect.instantType}) `.repeat(some.length);
      await tx.query(
        `update alerts set status = 'RESOLVED', open_marker = null, device_marker = null, updated_at = ?,
           resolved_at = case id ${cases} end
         where id in ${placeholders(some.length)}`,
        [dialect.instant(this.clock.nowMs()), ...instants, ...some.map(({ id }) => id)],
      );
    }
    return [...over.values()].map((alert) => alertEvent(alert, 'resolved'));
  }

  /** What is open already gets the newer words; nothing is told where they are the same. */
  private async update(
    tx: Transaction,
    open: OpenAlerts,
    raised: readonly DeviceAlertRaise[],
  ): Promise<NewLiveEvent[]> {
    const events: NewLiveEvent[] = [];
    for (const { severity, at, ...one } of raised) {
      const alert = open.get(keyOf(one));
      const title = one.title.slice(0, TITLE_LENGTH);
      if (!alert || (alert.title === title && alert.severity === severity)) continue;
      const lastOccurredAt = new Date(Math.max(at, alert.lastOccurredAt.getTime()));
      const instants = [lastOccurredAt.getTime(), this.clock.nowMs()].map((instant) => tx.dialect.instant(instant));
      await tx.query(
        `update alerts set title = ?, severity = ?, last_occurred_at = ?, updated_at = ?, occurrences = occurrences + 1
         where id = ? and municipality_id = ?`,
        [title, severity, ...instants, alert.id, alert.municipalityId],
      );
      const occurrences = alert.occurrences + 1;
      events.push(alertEvent({ ...alert, title, severity, lastOccurredAt, occurrences }, 'occurred'));
    }
    return events;
  }

  private async open(tx: Transaction, open: OpenAlerts, raised: readonly DeviceAlertRaise[]): Promise<NewLiveEvent[]> {
    const fresh = new Map<string, ShownAlert>();
    for (const one of raised) if (!open.has(keyOf(one))) fresh.set(keyOf(one), opened(one));
    const now = tx.dialect.instant(this.clock.nowMs());
    const stored: ShownAlert[] = [];
    for (const some of chunksOf([...fresh.values()])) {
      const cells = some.map(({ id, municipalityId, kind, deviceId, title, severity, openedAt }) => {
        const opening = tx.dialect.instant(openedAt.getTime());
        const about = [id, municipalityId, kind, deviceId, title, severity, 'ACTIVE', 1, 1];
        return [...about, opening, opening, 1, now, now];
      });
      const { sql, params } = tx.dialect.insertRows('alerts', COLUMNS, cells, tx.dialect.skipTaken('id'));
      await tx.query(sql, params);
      const ids = some.map(({ id }) => id);
      const { rows } = await tx.query<{ id: string }>(
        `select id from alerts where id in ${placeholders(ids.length)}`,
        ids,
      );
      const found = new Set(rows.map(({ id }) => id));
      stored.push(...some.filter(({ id }) => found.has(id)));
    }
    return stored.map((alert) => alertEvent(alert, 'opened'));
  }
}

/** The open alerts about the devices, locked in the order of their ids. */
async function openAlerts(
  tx: Transaction,
  about: readonly { readonly deviceId: string; readonly kind: DeviceAlertKind }[],
): Promise<OpenAlerts> {
  const found = new Map<string, ShownAlert>();
  const kinds = [...new Set(about.map(({ kind }) => kind))];
  for (const some of chunksOf([...new Set(about.map(({ deviceId }) => deviceId))].sort())) {
    const { rows } = await tx.query<{ id: string }>(
      `select id from alerts where device_id in ${placeholders(some.length)} and kind in ${placeholders(kinds.length)}
         and device_marker = 1 order by id for update`,
      [...some, ...kinds],
    );
    if (rows.length === 0) continue;
    // Whose devices they are was decided by whoever found something wrong with them.
    const alerts = await tx.em.find(
      Alert,
      { id: { $in: rows.map(({ id }) => id) } },
      { filters: { tenant: false }, disableIdentityMap: true },
    );
    for (const alert of alerts) found.set(keyOf(alert), fieldsOf(alert));
  }
  return found;
}

function keyOf({ deviceId, kind }: { readonly deviceId: string; readonly kind: string }): string {
  return `${deviceId} ${kind}`;
}

/** The fields of an entity as a plain object, which can be spread. */
function fieldsOf(alert: Alert): ShownAlert {
  const { id, municipalityId, kind, ruleId, deviceId, sensorId, title, metric, severity, status, occurrences } = alert;
  const { openedAt, openingValue, lastOccurredAt, lastValue } = alert;
  const { acknowledgedAt, acknowledgedBy, resolvedAt, resolvedBy } = alert;
  return {
    ...{ id, municipalityId, kind, ruleId, deviceId, sensorId, title, metric, severity, status, occurrences },
    ...{ openedAt, openingValue, lastOccurredAt, lastValue, acknowledgedAt, acknowledgedBy, resolvedAt, resolvedBy },
  };
}

function opened({ deviceId, municipalityId, kind, severity, title, at }: DeviceAlertRaise): ShownAlert {
  const openedAt = new Date(at);
  return {
    ...{ id: newId(), municipalityId, kind, deviceId, severity, title: title.slice(0, TITLE_LENGTH) },
    ...{ ruleId: null, sensorId: null, metric: null, openingValue: null, lastValue: null },
    ...{ status: 'ACTIVE', occurrences: 1, openedAt, lastOccurredAt: openedAt },
    ...{ acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, resolvedBy: null },
  };
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
