import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Transaction } from '../database/transaction.js';
import type { RegisteredSensor } from '../devices/device-registry.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import type { AlertRule } from '../rules/alert-rule.entity.js';
import type { AlertChange } from './alert-change.js';
import { Alert } from './alert.entity.js';
import { toAlertResponse, type ShownAlert } from './alert.mapper.js';
import type { Episode, Outcome } from './episode.js';

/** What judging found for one rule on one sensor. */
export interface Verdict {
  readonly sensor: RegisteredSensor;
  readonly rule: AlertRule;
  readonly outcome: Outcome;
}

interface Entry {
  readonly alert: Alert;
  readonly change: AlertChange;
}

/** Enters verdicts into the alerts: opens, counts, resolves, revises. */
@Injectable()
export class AlertBook {
  /** Writes the alerts of the verdicts and answers their live events. */
  async enter(transaction: Transaction, verdicts: readonly Verdict[]): Promise<NewLiveEvent[]> {
    if (verdicts.length === 0) return [];
    const { em } = transaction;
    const booked = await this.booked(transaction, verdicts);
    const entries: Entry[] = [];
    const fresh: { verdict: Verdict; episode: Episode }[] = [];
    const reopened: { alert: Alert; episode: Episode }[] = [];
    for (const verdict of verdicts) {
      for (const id of verdict.outcome.superseded) entries.push(supersede(booked.get(id)!));
      for (const episode of verdict.outcome.episodes) {
        const alert = episode.alertId === null ? undefined : booked.get(episode.alertId);
        if (!alert) fresh.push({ verdict, episode });
        else if (reopens(alert, episode)) reopened.push({ alert, episode });
        else if (concerns(alert, episode)) entries.push(revise(alert, episode));
      }
    }
    // Closed ones first: the database allows one open alert per rule and sensor, at every moment.
    await em.flush();
    for (const { alert, episode } of reopened) entries.push(revise(alert, episode));
    for (const { verdict, episode } of fresh) {
      const alert = em.create(Alert, opened(verdict, episode));
      entries.push({ alert, change: 'opened' });
      if (episode.resolvedAt !== null) entries.push({ alert, change: 'resolved' });
    }
    await em.flush();
    return entries.map(({ alert, change }) => alertEvent(alert, change));
  }

  /** The alerts that the verdicts are about, locked: what a person does to them meanwhile comes before or after. */
  private async booked({ em }: Transaction, verdicts: readonly Verdict[]): Promise<Map<string, Alert>> {
    const ids = verdicts.flatMap(({ outcome }) => [
      ...outcome.superseded,
      ...outcome.episodes.flatMap(({ alertId }) => alertId ?? []),
    ]);
    if (ids.length === 0) return new Map();
    // Judging is the platform's own work in every municipality; each verdict names its rule and sensor.
    const alerts = await em.find(
      Alert,
      { id: { $in: ids } },
      { filters: { tenant: false }, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    return new Map(alerts.map((alert) => [alert.id, alert]));
  }
}

/** Live event of an alert's change. */
export function alertEvent(alert: ShownAlert, change: AlertChange): NewLiveEvent {
  return {
    municipalityId: alert.municipalityId,
    type: 'alert',
    payload: JSON.stringify({ ...toAlertResponse(alert), change }),
  };
}

/** Whether the episode says anything that the booked alert does not say already. */
function concerns(alert: Alert, episode: Episode): boolean {
  if (episode.occurrences !== 0) return true;
  if (episode.opening && episode.opening.instant !== alert.openedAt.getTime()) return true;
  return episode.complete && (alert.resolvedAt?.getTime() ?? null) !== episode.resolvedAt;
}

/** Whether late readings show that an alert which was taken for resolved is open. */
function reopens(alert: Alert, episode: Episode): boolean {
  return alert.status === 'RESOLVED' && episode.complete && episode.resolvedAt === null;
}

function revise(alert: Alert, episode: Episode): Entry {
  alert.occurrences += episode.occurrences;
  if (episode.opening) {
    alert.openedAt = new Date(episode.opening.instant);
    alert.openingValue = episode.opening.value;
  }
  if (episode.last && (episode.complete || episode.last.instant > alert.lastOccurredAt.getTime())) {
    alert.lastOccurredAt = new Date(episode.last.instant);
    alert.lastValue = episode.last.value;
  } else if (episode.complete && episode.resolvedAt !== null && episode.resolvedAt < alert.lastOccurredAt.getTime()) {
    // It ended before the breach that counted as its last, and what came before is closed to the rule.
    alert.lastOccurredAt = alert.openedAt;
    alert.lastValue = alert.openingValue;
  }
  const wasOpen = alert.status !== 'RESOLVED';
  if (episode.complete && episode.resolvedAt !== null) {
    close(alert, episode.resolvedAt);
    return { alert, change: wasOpen ? 'resolved' : 'revised' };
  }
  if (episode.complete && !wasOpen) {
    alert.status = alert.acknowledgedAt ? 'ACKNOWLEDGED' : 'ACTIVE';
    alert.openMarker = 1;
    alert.resolvedAt = null;
    return { alert, change: 'revised' };
  }
  return { alert, change: wasOpen && episode.complete ? 'occurred' : 'revised' };
}

/** Without occurrences: nothing that is stored speaks for the alert any more, and it is not looked at again. */
function supersede(alert: Alert): Entry {
  alert.occurrences = 0;
  if (alert.status !== 'RESOLVED') close(alert, alert.lastOccurredAt.getTime());
  return { alert, change: 'revised' };
}

function close(alert: Alert, instant: number): void {
  alert.status = 'RESOLVED';
  alert.openMarker = null;
  alert.resolvedAt = new Date(instant);
}

function opened({ rule, sensor }: Verdict, { alertId, opening, last, occurrences, resolvedAt }: Episode) {
  return {
    id: alertId ?? newId(),
    municipalityId: sensor.municipalityId,
    ruleId: rule.id,
    deviceId: sensor.deviceId,
    sensorId: sensor.id,
    title: rule.name,
    metric: sensor.code,
    severity: rule.severity,
    status: resolvedAt === null ? ('ACTIVE' as const) : ('RESOLVED' as const),
    openMarker: resolvedAt === null ? 1 : null,
    openedAt: new Date(opening!.instant),
    openingValue: opening!.value,
    lastOccurredAt: new Date(last!.instant),
    lastValue: last!.value,
    occurrences,
    resolvedAt: resolvedAt === null ? null : new Date(resolvedAt),
  };
}
