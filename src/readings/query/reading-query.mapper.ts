import { RISK_LEVELS } from '../../devices/sensors/risk-thresholds.js';
import { QUALITIES } from '../quality.js';
import type { RejectedReading } from '../rejected-reading.entity.js';
import type { LatestOfSensor } from './latest-query.service.js';
import type {
  AggregateResponse,
  LatestReadingResponse,
  ReadingResponse,
  RejectedReadingResponse,
} from './reading-query.schemas.js';
import type { SeriesItem } from './series-query.service.js';

/** An item of a series as callers see it. */
export function toSeriesResponse(item: SeriesItem): ReadingResponse | AggregateResponse {
  if ('start' in item) return { ...item, start: rfc3339(item.start) };
  return { instant: rfc3339(item.instant), value: item.value, ...namesOf(item) };
}

/** The newest reading of a sensor as callers see it. */
export function toLatestResponse({
  sensorId,
  deviceId,
  metric,
  instant,
  value,
  ...numbers
}: LatestOfSensor): LatestReadingResponse {
  return { sensorId, deviceId, metric, instant: rfc3339(instant), value, ...namesOf(numbers) };
}

/** A rejection as callers see it. */
export function toRejectedResponse(rejected: RejectedReading): RejectedReadingResponse {
  return {
    id: rejected.id,
    municipalityId: rejected.municipalityId ?? null,
    deviceId: rejected.deviceId ?? null,
    source: rejected.source,
    index: rejected.index ?? null,
    metric: rejected.metric ?? null,
    instant: rejected.instant?.toISOString() ?? null,
    code: rejected.code,
    reason: rejected.reason,
    excerpt: rejected.excerpt ?? null,
    requestId: rejected.requestId ?? null,
    receivedAt: rejected.receivedAt.toISOString(),
  };
}

function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The databases hold numbers, and only ones that these lists name. */
function namesOf({ quality, risk }: { quality: number; risk: number }) {
  return { quality: QUALITIES[quality]!, riskLevel: RISK_LEVELS[risk]! };
}
