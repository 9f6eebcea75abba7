import type { SigningAuthority } from './authority.js';
import { BACKDATED_MS, signatureOf } from './authority.js';
import { REVOCATION_REASONS, type RevocationReason } from './revocation-reason.js';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  wholeSeconds,
  X509CrlGenerator,
  type X509CrlReason,
} from './x509.js';

const DAY_MS = 86_400_000;
/**
 * A list that has ended makes brokers refuse every certificate: who fetches it once a day has a week to notice that
 * they do not.
 */
export const CRL_VALID_MS = 7 * DAY_MS;
/** RFC 5280, 5.2.3. */
const CRL_NUMBER = '2.5.29.20';

/** A certificate that ended before its time. */
export interface Revocation {
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly reason: RevocationReason;
}

/** Signs a revocation list (X.509 CRL version 2): DER. */
export async function signRevocationList(
  authority: SigningAuthority,
  list: { readonly number: number; readonly madeAt: Date; readonly revocations: readonly Revocation[] },
): Promise<Buffer> {
  const entries = list.revocations.map(({ serialNumber, at, reason }) => ({
    serialNumber,
    revocationDate: wholeSeconds(at),
    // RFC 5280, 5.3.1: "unspecified" is said by saying nothing.
    ...(reason === 'unspecified' ? {} : { reason: REVOCATION_REASONS[reason] satisfies X509CrlReason }),
  }));
  const made = list.madeAt.getTime();
  const crl = await X509CrlGenerator.create({
    issuer: authority.certificate.subjectName,
    thisUpdate: wholeSeconds(made - BACKDATED_MS),
    nextUpdate: wholeSeconds(made + CRL_VALID_MS),
    // An empty list has no list at all.
    ...(entries.length > 0 ? { entries } : {}),
    extensions: [
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      new Extension(CRL_NUMBER, false, derInteger(list.number)),
    ],
    signingAlgorithm: signatureOf(authority),
    signingKey: authority.signingKey,
  });
  return Buffer.from(crl.rawData);
}

/** A revocation list as PEM. */
export function crlPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n');
}

/** A number that is not negative, as an INTEGER of DER (X.690, 8.3). */
function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  // The first bit is the sign.
  const content = bytes[0]! & 0x80 ? [0, ...bytes] : [...bytes];
  return Uint8Array.from([0x02, content.length, ...content]);
}
