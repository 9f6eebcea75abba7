import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';

const schema = defineEntity({
  name: 'DeviceAuthority',
  tableName: 'device_authorities',
  properties: {
    /** SHA-256 of the certificate (DER), lower-case hexadecimal. */
    id: p.string().length(64).primary(),
    /** Counts the authorities from 1; unique, so that of several instances that make one at once one wins. */
    generation: p.integer().unsigned(false).unique('device_authorities_generation_unique'),
    certificatePem: p.text(),
    /** PKCS #8, PEM, under AES-256-GCM; null where the key stays in the file that it was brought in. */
    privateKeyEncrypted: p.text().nullable().hidden(),
    /** Before this it is trusted and published, but signs nothing, so that brokers get to know it first. */
    signsFrom: p.datetime(3),
    /** Number of the newest revocation list. */
    crlNumber: p.integer().unsigned(false).default(0),
    /** SHA-256 of what the newest revocation list says. */
    crlDigest: p.string().length(64).nullable(),
    crlMadeAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** An authority that signs certificates of devices; one for the whole installation, and its predecessors. */
export class DeviceAuthority extends schema.class {}
schema.setClass(DeviceAuthority);
audited(DeviceAuthority, {
  type: 'device_authority',
  label: ({ generation }) => `Device authority ${generation}`,
  chains: () => [],
  ignore: ['crlNumber', 'crlDigest', 'crlMadeAt'],
});
