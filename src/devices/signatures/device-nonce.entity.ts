import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Device } from '../device.entity.js';

const schema = defineEntity({
  name: 'DeviceNonce',
  tableName: 'device_nonces',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    nonce: p.string().length(128).primary(),
    /** SHA-256 of the signed bytes, base64url. */
    digest: p.string().length(43),
    seenAt: p.datetime(3).index('device_nonces_seen_at_index'),
  },
});

/** A nonce that a device has used; kept as long as a message with it could still be taken. */
export class DeviceNonce extends schema.class {}
schema.setClass(DeviceNonce);
notAudited(DeviceNonce, 'Written with every signed message.');
