import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { Device } from '../device.entity.js';
import type { RiskThresholds } from './risk-thresholds.js';
import { SensorType } from './sensor-type.entity.js';

const schema = defineEntity({
  name: 'Sensor',
  tableName: 'sensors',
  filters: tenantFilter(),
  uniques: [{ name: 'sensors_device_id_code_unique', properties: ['deviceId', 'code'] }],
  properties: {
    ...idProperty,
    /** Short integer key of the sensor's readings, given by the database. */
    seriesId: p.integer().unsigned(false).unique('sensors_series_id_unique').autoincrement(),
    deviceId: () => p.manyToOne(Device).mapToPk().fieldName('device_id'),
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().fieldName('municipality_id').index('sensors_municipality_id_index'),
    sensorTypeId: () =>
      p.manyToOne(SensorType).mapToPk().fieldName('sensor_type_id').index('sensors_sensor_type_id_index'),
    /** The key that the device uses in payloads; by default the code of the type. */
    code: p.string().length(64),
    name: p.string().length(200),
    /** Own thresholds instead of those of the type. */
    thresholds: p.json<RiskThresholds>().nullable(),
    enabled: p.boolean().default(true),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A channel of a device; its readings form one series. */
export class Sensor extends schema.class {}
schema.setClass(Sensor);
audited(Sensor, {
  type: 'sensor',
  label: ({ deviceId, code }) => `${deviceId} ${code}`,
  chains: ({ municipalityId }) => [municipalityId],
});
