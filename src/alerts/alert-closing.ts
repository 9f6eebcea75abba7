import { LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { placeholders } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { PHASE } from '../rules/evaluator.js';
import { alertEvent } from './alert-book.js';
import { AlertNote } from './alert-note.entity.js';
import { Alert } from './alert.entity.js';

/** Why a person closes alerts. */
export interface Decision {
  readonly userId: string;
  readonly comment: string | null;
}

/**
 * Closes alerts because a person says so, without racing ingestion: whoever writes readings of a series or closes its
 * alerts locks its `latest_readings` row first.
 */
@Injectable()
export class AlertClosing {
  constructor(private readonly clock: Clock) {}

  /** Locks series in the order of all writers; from here on nobody stores or judges their readings. */
  async lockSeries(tx: Transaction, seriesIds: readonly number[]): Promise<void> {
    if (seriesIds.length === 0) return;
    const series = tx.dialect.anyOf('series_id', seriesIds);
    await tx.query(
      `select series_id from latest_readings where ${series.sql} order by series_id for update`,
      series.params,
    );
  }

  /** Finds alerts and locks them, oldest first. The caller has checked that they may be seen. */
  lockAlerts({ em }: Transaction, where: FilterQuery<Alert>): Promise<Alert[]> {
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    return em.find(Alert, where, { filters: { tenant: false }, orderBy: { id: 'asc' }, lockMode, refresh: true });
  }

  /**
   * Resolves open alerts whose series and rows are locked. What is stored of the series up to now is closed to the rule,
   * so only a breach after it opens an alert again. An alert about a device opens again when it happens to it anew.
   * @param seriesIds the series of the alerts, in any order
   * @returns the live events to tell
   */
  async close(
    tx: Transaction,
    alerts: readonly Alert[],
    seriesIds: readonly number[],
    { userId, comment }: Decision,
  ): Promise<NewLiveEvent[]> {
    if (alerts.length === 0) return [];
    const resolvedAt = this.clock.now();
    for (const alert of alerts) {
      const closed = { status: 'RESOLVED', openMarker: null, deviceMarker: null, resolvedAt, resolvedBy: userId };
      Object.assign(alert, closed);
      tx.em.create(AlertNote, { alertId: alert.id, change: 'resolved', userId, comment, createdAt: resolvedAt });
    }
    await tx.em.flush();
    await this.clearStates(tx, alerts, seriesIds);
    return alerts.map((alert) => alertEvent(alert, 'resolved'));
  }

  private async clearStates(tx: Transaction, alerts: readonly Alert[], seriesIds: readonly number[]): Promise<void> {
    const ruleIds = [...new Set(alerts.flatMap(({ ruleId }) => ruleId ?? []))];
    if (ruleIds.length === 0 || seriesIds.length === 0) return;
    const series = tx.dialect.anyOf('series_id', seriesIds);
    await tx.query(
      `update rule_states set phase = ${PHASE.clear}, since = null, alert_id = null, floor_instant =
         (select l.instant from latest_readings l where l.series_id = rule_states.series_id)
       where rule_id in ${placeholders(ruleIds.length)} and ${series.sql} and alert_id in ${placeholders(alerts.length)}`,
      [...ruleIds, ...series.params, ...alerts.map(({ id }) => id)],
    );
  }
}
