import type { SensorType } from './sensor-type.entity.js';
import type { SensorTypeResponse } from './sensor-type.schemas.js';

/** A sensor type as callers see it. */
export function toSensorTypeResponse(type: SensorType): SensorTypeResponse {
  return {
    id: type.id,
    code: type.code,
    name: type.name,
    unit: type.unit,
    validMin: type.validMin ?? null,
    validMax: type.validMax ?? null,
    precision: type.precision,
    thresholds: type.thresholds ?? null,
    version: type.version,
    createdAt: type.createdAt.toISOString(),
    updatedAt: type.updatedAt.toISOString(),
  };
}
