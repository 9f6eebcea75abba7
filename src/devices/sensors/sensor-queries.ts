import type { EntityManager } from '@mikro-orm/core';
import type { Sensor } from './sensor.entity.js';
import type { TypedSensor } from './sensor.mapper.js';
import { SensorType } from './sensor-type.entity.js';

/** Puts each sensor together with its type; types are few, so they come in one query. */
export async function withTypes(em: EntityManager, sensors: readonly Sensor[]): Promise<TypedSensor[]> {
  const typeIds = [...new Set(sensors.map(({ sensorTypeId }) => sensorTypeId))];
  const found = typeIds.length > 0 ? await em.find(SensorType, { id: { $in: typeIds } }) : [];
  const types = new Map(found.map((type) => [type.id, type]));
  return sensors.flatMap((sensor) => {
    const type = types.get(sensor.sensorTypeId);
    // The foreign key says that every sensor has its type.
    return type === undefined ? [] : [{ sensor, type }];
  });
}
