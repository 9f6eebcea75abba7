import type { Transaction } from '../../database/transaction.js';
import type { Device } from '../device.entity.js';
import type { RiskThresholds } from './risk-thresholds.js';
import { unknownSensorTypes } from './sensor.errors.js';
import { Sensor } from './sensor.entity.js';
import type { TypedSensor } from './sensor.mapper.js';
import { SensorType } from './sensor-type.entity.js';

/** A sensor to be made. */
export interface NewSensor {
  readonly typeCode: string;
  readonly code?: string;
  readonly name?: string;
  readonly thresholds?: RiskThresholds | null;
}

/**
 * Adds sensors to a device; the caller flushes.
 * @param pathOf where in the input the n-th type stands, for the error
 * @throws ValidationError `UNKNOWN_SENSOR_TYPE` naming each unknown type
 */
export async function addSensors(
  tx: Transaction,
  device: Device,
  wanted: readonly NewSensor[],
  pathOf: (index: number) => string,
): Promise<TypedSensor[]> {
  if (wanted.length === 0) return [];
  const found = await tx.em.find(SensorType, { code: { $in: [...new Set(wanted.map(({ typeCode }) => typeCode))] } });
  const types = new Map(found.map((type) => [type.code, type]));
  const unknown = wanted.flatMap(({ typeCode }, index) =>
    types.has(typeCode) ? [] : [{ path: pathOf(index), code: typeCode }],
  );
  if (unknown.length > 0) throw unknownSensorTypes(unknown);
  return wanted.map((one) => {
    const type = types.get(one.typeCode)!;
    const sensor = tx.em.create(Sensor, {
      deviceId: device.id,
      municipalityId: device.municipalityId,
      sensorTypeId: type.id,
      code: one.code ?? one.typeCode,
      name: one.name ?? type.name,
      thresholds: one.thresholds ?? null,
    });
    return { sensor, type };
  });
}
