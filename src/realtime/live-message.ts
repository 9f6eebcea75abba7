import { RISK_LEVELS, type RiskLevel } from '../devices/sensors/risk-thresholds.js';
import type { LiveEvent, LiveEventType, LiveReadingTuple } from '../outbox/live-event.js';
import { QUALITIES, type Quality } from '../readings/quality.js';

/** Names of the events that clients receive. */
export type LiveEventName = 'reading' | Exclude<LiveEventType, 'readings'>;

/** An event as clients receive it. */
export interface LiveMessage {
  /** Opaque; a subscription with it goes on after this event. */
  readonly cursor: string;
  readonly event: LiveEventName;
  readonly municipalityId: string;
  /** RFC 3339 UTC: when the platform stored it. */
  readonly occurredAt: string;
  readonly data: unknown;
}

/** `data` of a `reading` event. */
export interface LiveReading {
  readonly sensorId: string;
  readonly deviceId: string;
  readonly metric: string;
  /** RFC 3339 UTC: when it was measured. */
  readonly instant: string;
  readonly value: number;
  readonly quality: Quality;
  readonly riskLevel: RiskLevel;
}

/** Makes the event of a row, or of one reading of it. */
export function liveMessage(row: LiveEvent, event: LiveEventName, cursor: string, data: unknown): LiveMessage {
  return {
    cursor,
    event,
    municipalityId: row.municipalityId,
    occurredAt: new Date(row.occurredAt).toISOString(),
    data,
  };
}

/** A reading inside a row as clients see it. */
export function liveReading(tuple: LiveReadingTuple): LiveReading {
  const [sensorId, deviceId, metric, instant, value, quality, risk] = tuple;
  return {
    sensorId,
    deviceId,
    metric,
    instant: new Date(instant).toISOString(),
    value,
    quality: QUALITIES[quality] ?? 'suspect',
    riskLevel: RISK_LEVELS[risk] ?? 'LOW',
  };
}
