import type { SensorShare } from './sensor-share.entity.js';
import type { ShareResponse } from './share.schemas.js';

/** Whether the recipient can read the sensor by it at this moment (epoch ms). */
export function isActive(share: SensorShare, nowMs: number): boolean {
  return !share.endedAt && share.validFrom.getTime() <= nowMs && share.validUntil.getTime() > nowMs;
}

/** A share as both sides see it. */
export function toShareResponse(share: SensorShare, nowMs: number): ShareResponse {
  return {
    id: share.id,
    sensorId: share.sensorId,
    municipalityId: share.municipalityId,
    recipientId: share.recipientId,
    validFrom: share.validFrom.toISOString(),
    validUntil: share.validUntil.toISOString(),
    endedAt: share.endedAt?.toISOString() ?? null,
    active: isActive(share, nowMs),
    reason: share.reason,
    createdAt: share.createdAt.toISOString(),
  };
}
