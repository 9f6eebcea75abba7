import type { CertificateOfDevice } from './certificates.service.js';
import type { CertificateResponse } from './certificate.schemas.js';

/** A certificate as callers see it, at an instant (epoch ms). */
export function toCertificateResponse(
  { certificate, credential }: CertificateOfDevice,
  nowMs: number,
): CertificateResponse {
  const { notAfter } = certificate;
  const end = credential?.expiresAt && credential.expiresAt < notAfter ? credential.expiresAt : notAfter;
  const revokedAt = certificate.revokedAt ?? credential?.revokedAt ?? null;
  return {
    fingerprint: certificate.fingerprint,
    deviceId: certificate.deviceId,
    serialNumber: certificate.serialNumber,
    algorithm: certificate.algorithm,
    status: revokedAt !== null ? 'revoked' : end.getTime() <= nowMs ? 'expired' : 'valid',
    notBefore: certificate.notBefore.toISOString(),
    expiresAt: end.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    revocationReason: certificate.revocationReason ?? null,
    lastUsedAt: credential?.lastUsedAt?.toISOString() ?? null,
  };
}
