// The library needs the metadata of its decorators before anything of it is loaded.
import 'reflect-metadata';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  type KeyObject,
  type webcrypto,
} from 'node:crypto';
import { type X509Certificate } from '@peculiar/x509';

export {
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  AuthorityKeyIdentifierExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';

/** A key of the Web Crypto API, which the library signs with. */
export type CryptoKey = webcrypto.CryptoKey;

/** Keys that certificates of devices are made for. */
export const KEY_ALGORITHMS = ['p256', 'rsa2048'] as const;
/** What a key is: one that we make, or another RSA key that came in a request. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number] | 'rsa3072' | 'rsa4096';
/** What we make ourselves. */
export type OwnKeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const RSA_2048 = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** RFC 5280 allows 20 octets and wants 64 random bits at least (CA/B baseline); 16 octets hold 126. */
const SERIAL_BYTES = 16;

/** A new key pair; drawn on a thread of its own, so that RSA does not hold up the event loop. */
export async function newKeyPair(algorithm: OwnKeyAlgorithm): Promise<webcrypto.CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey(algorithm === 'p256' ? EC_P256 : RSA_2048, true, ['sign', 'verify']);
  return pair;
}

/** PKCS #8, PEM. */
export async function privateKeyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return String(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }));
}

/** How a key signs: always with SHA-256. */
export function signingAlgorithmOf(key: KeyObject): { name: string; hash: string; namedCurve?: string } {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const namedCurve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  return { name: 'ECDSA', hash: 'SHA-256', namedCurve };
}

/** A key to sign with, from PEM. @throws Error for what is no private key */
export function importSigningKey(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), signingAlgorithmOf(key), false, ['sign']);
}

/** A positive serial number that nobody can guess, hexadecimal; its length is always the same. */
export function newSerialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** SHA-256 of a certificate, lower-case hexadecimal. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
}

/** PEM with a newline at its end, as tools expect it. */
export function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** The public key of a certificate. */
export function publicKeyOf(certificate: X509Certificate): KeyObject {
  return createPublicKey({ key: Buffer.from(certificate.publicKey.rawData), format: 'der', type: 'spki' });
}

/** Whole seconds: X.509 knows no others, and what is stored has to be what the certificate says. */
export function wholeSeconds(epochMs: number): Date {
  return new Date(Math.floor(epochMs / 1000) * 1000);
}
