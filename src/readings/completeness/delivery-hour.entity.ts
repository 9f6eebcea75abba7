import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Device } from '../../devices/device.entity.js';

const schema = defineEntity({
  name: 'DeliveryHour',
  tableName: 'delivery_hours',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    /** Beginning of the hour (UTC) that the reading sets are of, by event time. */
    hour: p.datetime(3).primary(),
    /** Reading sets that came, each time that it came. */
    sets: p.integer(),
    /** Of those, ones of which everything was stored before. */
    duplicates: p.integer(),
    /** Of those, ones that came more than an interval after their time. */
    late: p.integer(),
    /** Of those, ones with a timestamp of the device that came in time; `delaySumMs` is theirs. */
    timely: p.integer(),
    delaySumMs: p.bigint('number'),
    /** Arrival minus timestamp, milliseconds; negative when the device's clock is ahead. Null: none had a timestamp. */
    delayMinMs: p.bigint('number').nullable(),
    delayMaxMs: p.bigint('number').nullable(),
  },
});

/** How the reading sets of an hour of a device arrived; what arrived stands in the readings. */
export class DeliveryHour extends schema.class {}
schema.setClass(DeliveryHour);
notAudited(DeliveryHour, 'Counts what devices deliver.');
