import { defineEntity, p } from '@mikro-orm/core';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { Sensor } from './sensor.entity.js';

const schema = defineEntity({
  name: 'SensorShare',
  tableName: 'sensor_shares',
  properties: {
    ...idProperty,
    sensorId: () =>
      p.manyToOne(Sensor).mapToPk().fieldName('sensor_id').deleteRule('cascade').index('sensor_shares_sensor_id_index'),
    /** Whose sensor it is. */
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('municipality_id')
        .deleteRule('no action')
        .index('sensor_shares_municipality_id_index'),
    /** Who may read it. */
    recipientId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('recipient_id')
        .deleteRule('no action')
        .index('sensor_shares_recipient_id_index'),
    validFrom: p.datetime(3),
    validUntil: p.datetime(3),
    reason: p.string().length(500).default(''),
    /** When it was ended before its time. */
    endedAt: p.datetime(3).nullable(),
    ...timestampProperties,
  },
});

/** One municipality lets another one read a sensor for a time. Both see it, so each query states whose side it is on. */
export class SensorShare extends schema.class {}
schema.setClass(SensorShare);
