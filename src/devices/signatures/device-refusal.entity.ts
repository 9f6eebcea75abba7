import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Device } from '../device.entity.js';

/** Why a message or request of a device was refused that should have been signed, or was. */
export const REFUSAL_CODES = [
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_EXPIRED',
  'SIGNATURE_REPLAYED',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

const schema = defineEntity({
  name: 'DeviceRefusal',
  tableName: 'device_refusals',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    /** UTC, `YYYY-MM-DD`. */
    day: p.date().primary(),
    code: p.string().length(32).$type<RefusalCode>().primary(),
    count: p.integer(),
  },
});

/** How many messages and requests of a device were refused on a day, by reason. */
export class DeviceRefusal extends schema.class {}
schema.setClass(DeviceRefusal);
notAudited(DeviceRefusal, 'Counts what devices send.');
