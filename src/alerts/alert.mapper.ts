import type { AlertNote } from './alert-note.entity.js';
import type { Alert } from './alert.entity.js';
import type { AlertDetailResponse, AlertNoteResponse } from './alert.schemas.js';

/** An alert as REST and live events show it; instants in RFC 3339 UTC. */
export function toAlertResponse(alert: Alert) {
  return {
    id: alert.id,
    municipalityId: alert.municipalityId,
    ruleId: alert.ruleId,
    deviceId: alert.deviceId,
    sensorId: alert.sensorId,
    title: alert.title,
    metric: alert.metric,
    severity: alert.severity,
    status: alert.status,
    occurrences: alert.occurrences,
    openedAt: alert.openedAt.toISOString(),
    openingValue: alert.openingValue,
    lastOccurredAt: alert.lastOccurredAt.toISOString(),
    lastValue: alert.lastValue,
    acknowledgedAt: alert.acknowledgedAt?.toISOString() ?? null,
    acknowledgedBy: alert.acknowledgedBy ?? null,
    resolvedAt: alert.resolvedAt?.toISOString() ?? null,
    resolvedBy: alert.resolvedBy ?? null,
  };
}

/** Shape of an alert in answers and events. */
export type AlertResponse = ReturnType<typeof toAlertResponse>;

/** An alert, and what people did with it, oldest first. */
export interface AlertWithNotes {
  readonly alert: Alert;
  readonly notes: readonly AlertNote[];
}

/** One alert in an answer, with its notes. */
export function toAlertDetail({ alert, notes }: AlertWithNotes): AlertDetailResponse {
  const shown = notes.map(({ id, change, userId, comment, createdAt }): AlertNoteResponse => {
    return { id, change, userId, comment: comment ?? null, createdAt: createdAt.toISOString() };
  });
  return { ...toAlertResponse(alert), notes: shown };
}
