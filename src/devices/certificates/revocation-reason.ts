import { X509CrlReason } from './x509.js';

/** Why a certificate ended before its time, as callers say it, and as revocation lists do (RFC 5280, 5.3.1). */
export const REVOCATION_REASONS = {
  unspecified: X509CrlReason.unspecified,
  key_compromise: X509CrlReason.keyCompromise,
  affiliation_changed: X509CrlReason.affiliationChanged,
  superseded: X509CrlReason.superseded,
  cessation_of_operation: X509CrlReason.cessationOfOperation,
  privilege_withdrawn: X509CrlReason.privilegeWithdrawn,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

/** The words, for schemas. */
export const REVOCATION_REASON_WORDS = Object.keys(REVOCATION_REASONS) as [RevocationReason, ...RevocationReason[]];
