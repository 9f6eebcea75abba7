import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Device } from '../device.entity.js';

const schema = defineEntity({
  name: 'DeviceClock',
  tableName: 'device_clocks',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    /** Time of the latest right signature minus its arrival, milliseconds; the message's way is in it, too. */
    skewMs: p.bigint('number'),
    measuredAt: p.datetime(3),
  },
});

/** What the signatures of a device tell about its clock. */
export class DeviceClock extends schema.class {}
schema.setClass(DeviceClock);
notAudited(DeviceClock, 'Measured with every signed message; nobody decides about it.');
