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
  const unknown: { path: string; code: string }[] = [];
  const added: TypedSensor[] = [];
  for (const [index, one] of wanted.entries()) {
    const type = types.get(one.typeCode);
    if (type === undefined) unknown.push({ path: pathOf(index), code: one.typeCode });
    else added.push({ sensor: newSensor(tx, device, type, one), type });
  }
  // What was made is not stored: the error rolls the transaction back.
  if (unknown.length > 0) throw unknownSensorTypes(unknown);
  return added;
}

function newSensor(tx: Transaction, device: Device, type: SensorType, wanted: NewSensor): Sensor {
  return tx.em.create(Sensor, {
    deviceId: device.id,
    municipalityId: device.municipalityId,
    sensorTypeId: type.id,
    code: wanted.code ?? wanted.typeCode,
    name: wanted.name ?? type.name,
    thresholds: wanted.thresholds ?? null,
  });
}
