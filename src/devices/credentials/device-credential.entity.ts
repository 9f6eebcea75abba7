import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty } from '../../database/base.entity.js';
import { Device } from '../device.entity.js';

/** How a device can prove who it is. */
export type CredentialKind = 'api_key' | 'mqtt' | 'hmac' | 'certificate';

const schema = defineEntity({
  name: 'DeviceCredential',
  tableName: 'device_credentials',
  uniques: [{ name: 'device_credentials_kind_lookup_unique', properties: ['kind', 'lookup'] }],
  properties: {
    ...idProperty,
    deviceId: () =>
      p
        .manyToOne(Device)
        .mapToPk()
        .fieldName('device_id')
        .deleteRule('cascade')
        .index('device_credentials_device_id_index'),
    kind: p.string().length(16).$type<CredentialKind>(),
    /** Public part to find the row by: prefix of an API key, MQTT user name, HMAC key id, certificate fingerprint. */
    lookup: p.string().length(128),
    /** Hash of the secret part; null where the secret itself is needed (HMAC) or there is none (certificate). */
    secretHash: p.string().length(255).nullable().hidden(),
    /** The secret under AES-256-GCM; only for HMAC. */
    secretEncrypted: p.string().length(500).nullable().hidden(),
    expiresAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
    lastUsedAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** One way for a device to authenticate; a device may have several. */
export class DeviceCredential extends schema.class {}
schema.setClass(DeviceCredential);
audited(DeviceCredential, {
  type: 'device_credential',
  label: ({ deviceId, kind }) => `${deviceId} ${kind}`,
  chains: async ({ deviceId }, lookup) => {
    const sql = 'select municipality_id from devices where id = ?';
    return (await lookup<{ municipality_id: string }>(sql, [deviceId])).map((row) => row.municipality_id);
  },
  ignore: ['lastUsedAt'],
});
