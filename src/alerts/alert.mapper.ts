import type { Alert } from './alert.entity.js';

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
