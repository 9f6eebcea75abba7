import type { Sensor } from './sensor.entity.js';
import type { SensorResponse } from './sensor.schemas.js';
import type { SensorType } from './sensor-type.entity.js';

/** A sensor together with its type. */
export interface TypedSensor {
  readonly sensor: Sensor;
  readonly type: SensorType;
}

/** A sensor as callers see it. */
export function toSensorResponse({ sensor, type }: TypedSensor): SensorResponse {
  return {
    id: sensor.id,
    deviceId: sensor.deviceId,
    municipalityId: sensor.municipalityId,
    code: sensor.code,
    name: sensor.name,
    typeCode: type.code,
    unit: type.unit,
    precision: type.precision,
    thresholds: sensor.thresholds ?? null,
    enabled: sensor.enabled,
    version: sensor.version,
    createdAt: sensor.createdAt.toISOString(),
    updatedAt: sensor.updatedAt.toISOString(),
  };
}
