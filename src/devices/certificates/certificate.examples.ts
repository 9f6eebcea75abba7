import type { CertificateResponse, GeneratedCertificateResponse } from './certificate.schemas.js';

const FINGERPRINT = '3f1b9a5c7d2e4f60819a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70';
const SERIAL = '5c1d0e9f3a7b2c4d6e8f1a3b5c7d9e0f';

export const CERTIFICATE_EXAMPLE: CertificateResponse = {
  fingerprint: FINGERPRINT,
  deviceId: 'river-gauge-017',
  serialNumber: SERIAL,
  algorithm: 'p256',
  status: 'valid',
  notBefore: '2026-03-01T11:55:00.000Z',
  expiresAt: '2027-03-01T12:00:00.000Z',
  revokedAt: null,
  revocationReason: null,
  lastUsedAt: '2026-03-02T08:15:00.000Z',
};

export const REVOKED_EXAMPLE: CertificateResponse = {
  ...CERTIFICATE_EXAMPLE,
  status: 'revoked',
  revokedAt: '2026-03-04T09:30:00.000Z',
  revocationReason: 'key_compromise',
};

/** The texts are shortened: nobody is to take one of these for a key. */
export const GENERATED_EXAMPLE: GeneratedCertificateResponse = {
  deviceId: 'river-gauge-017',
  certificatePem: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  privateKeyPem: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
  caPem: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  fingerprint: FINGERPRINT,
  serialNumber: SERIAL,
  expiresAt: '2027-03-01T12:00:00.000Z',
};
