import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Device } from '../device.entity.js';

const schema = defineEntity({
  name: 'ReportingSchedule',
  tableName: 'reporting_schedules',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    since: p.datetime(3).primary(),
    /** Expected seconds between two reading sets from then on; null: nothing is expected (deactivated). */
    intervalSeconds: p.integer().nullable(),
  },
});

/** How often a device was to deliver, from when on; the newest entry that has begun is in force. */
export class ReportingSchedule extends schema.class {}
schema.setClass(ReportingSchedule);
notAudited(ReportingSchedule, 'Follows from changes of the device, which are audited.');
