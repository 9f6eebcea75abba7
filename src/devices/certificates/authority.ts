import type { KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  fingerprintOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  newKeyPair,
  newSerialNumber,
  pemOf,
  privateKeyPem,
  publicKeyOf,
  signingAlgorithmOf,
  SubjectKeyIdentifierExtension,
  wholeSeconds,
  X509Certificate,
  X509CertificateGenerator,
  type CryptoKey,
  type OwnKeyAlgorithm,
} from './x509.js';

/** How long an authority of our own lasts. */
const AUTHORITY_YEARS = 20;
const DAY_MS = 86_400_000;
export const YEAR_MS = 365.25 * DAY_MS;
/** Clocks of devices and brokers that go behind accept what was made a moment ago. */
export const BACKDATED_MS = 5 * 60_000;
const KEY_NAME_BYTES = 4;

/** An authority whose certificates are trusted; with its key, where it is at hand. */
export interface Authority {
  /** SHA-256 of its certificate. */
  readonly id: string;
  readonly generation: number;
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
  /** Null where the key cannot be read: it is under another `ENCRYPTION_KEY`. */
  readonly signingKey: CryptoKey | null;
  /** Signs nothing before this. */
  readonly signsFrom: Date;
  /** Whether we made it, and keep its key. */
  readonly own: boolean;
}

/** One that can sign. */
export type SigningAuthority = Authority & { readonly signingKey: CryptoKey };

/** A new authority: its certificate and its key (PKCS #8, PEM). */
export interface NewAuthority {
  readonly id: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Makes the certificate and the key of an authority that signs certificates of devices and nothing below it. */
export async function makeAuthority(algorithm: OwnKeyAlgorithm, nowMs: number): Promise<NewAuthority> {
  const keys = await newKeyPair(algorithm);
  const keyId = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    // Part of the key's name stands in its own: several authorities must not share one.
    name: [{ O: ['HydroAlert'] }, { CN: [`HydroAlert device authority ${keyId.keyId.slice(0, KEY_NAME_BYTES * 2)}`] }],
    notBefore: wholeSeconds(nowMs - BACKDATED_MS),
    notAfter: wholeSeconds(nowMs + AUTHORITY_YEARS * YEAR_MS),
    signingAlgorithm: algorithm === 'p256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' },
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      keyId,
    ],
  });
  return {
    id: fingerprintOf(certificate),
    certificatePem: pemOf(certificate),
    privateKeyPem: await privateKeyPem(keys.privateKey),
  };
}

/** An authority from its certificate and what is stored about it. */
export function authorityOf(
  certificatePem: string,
  known: Pick<Authority, 'generation' | 'signingKey' | 'signsFrom' | 'own'>,
): Authority {
  const certificate = new X509Certificate(certificatePem);
  const publicKey = publicKeyOf(certificate);
  return { id: fingerprintOf(certificate), certificatePem, certificate, publicKey, ...known };
}

/** How the authority signs. */
export function signatureOf(authority: Authority): ReturnType<typeof signingAlgorithmOf> {
  return signingAlgorithmOf(authority.publicKey);
}
