import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { DeviceAuthority } from './device-authority.entity.js';
import type { RevocationReason } from './revocation-reason.js';
import type { KeyAlgorithm } from './x509.js';

const schema = defineEntity({
  name: 'DeviceCertificate',
  tableName: 'device_certificates',
  filters: tenantFilter(),
  indexes: [{ name: 'device_certificates_device_id_credential_id_index', properties: ['deviceId', 'credentialId'] }],
  properties: {
    /** SHA-256 of the certificate (DER), lower-case hexadecimal. */
    fingerprint: p.string().length(64).primary(),
    /**
     * The row of `device_credentials` that says whether it is live. Neither this nor the device is a reference: a
     * certificate stays on the revocation list when its device is deleted.
     */
    credentialId: p.uuid().unique('device_certificates_credential_id_unique'),
    deviceId: p.string().length(64),
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('municipality_id')
        .deleteRule('no action')
        .index('device_certificates_municipality_id_index'),
    authorityId: () =>
      p
        .manyToOne(DeviceAuthority)
        .mapToPk()
        .fieldName('authority_id')
        .deleteRule('no action')
        .index('device_certificates_authority_id_index'),
    /** Hexadecimal, 32 digits. */
    serialNumber: p.string().length(40),
    algorithm: p.string().length(16).$type<KeyAlgorithm>(),
    notBefore: p.datetime(3),
    notAfter: p.datetime(3).index('device_certificates_not_after_index'),
    /** When somebody revoked it, or its device was deleted; it may also have ended by its credential alone. */
    revokedAt: p.datetime(3).nullable(),
    revocationReason: p.string().length(32).$type<RevocationReason>().nullable(),
    /** How often was warned of its end, 0–4; see certificate-expiry.ts. */
    expiryStage: p.integer().unsigned(false).default(0),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** What is known of a certificate that was issued to a device; the certificate itself is not kept. */
export class DeviceCertificate extends schema.class {}
schema.setClass(DeviceCertificate);
audited(DeviceCertificate, {
  type: 'device_certificate',
  label: ({ deviceId, serialNumber }) => `${deviceId} ${serialNumber}`,
  chains: ({ municipalityId }) => [municipalityId],
  ignore: ['expiryStage'],
  verb: ({ revokedAt }) => (revokedAt ? 'revoked' : 'updated'),
});
