import type { AlertNote } from './alert-note.entity.js';
import type { Alert } from './alert.entity.js';
import type { AlertDetailResponse, AlertNoteResponse } from './alert.schemas.js';

/** What is shown of an alert. */
export type ShownAlert = Omit<Alert, 'openMarker' | 'deviceMarker' | 'createdAt' | 'updatedAt'>;

/** An alert as REST and live events show it; instants in RFC 3339 UTC. */
export function toAlertResponse(alert: ShownAlert) {
  return {
    id: alert.id,
    municipalityId: alert.municipalityId,
    kind: alert.kind,
    ruleId: alert.ruleId ?? null,
    deviceId: alert.deviceId,
    sensorId: alert.sensorId ?? null,
    title: alert.title,
    metric: alert.metric ?? null,
    severity: alert.severity,
    status: alert.status,
    occurrences: alert.occurrences,
    openedAt: alert.openedAt.toISOString(),
    openingValue: alert.openingValue ?? null,
    lastOccurredAt: alert.lastOccurredAt.toISOString(),
    lastValue: alert.lastValue ?? null,
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
