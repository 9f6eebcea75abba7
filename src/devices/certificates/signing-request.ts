import { createPublicKey, type KeyObject } from 'node:crypto';
import { requestNotAccepted } from './certificate.errors.js';
import { PemConverter, Pkcs10CertificateRequest, type KeyAlgorithm } from './x509.js';

/** What a signing request is good for: its key, which whoever made the request was shown to have. */
export interface RequestedKey {
  /** SPKI, DER. */
  readonly publicKey: Buffer;
  readonly algorithm: KeyAlgorithm;
}

/** RFC 7468, and the older name that some tools still write. */
const TAGS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];
const HASHES = ['SHA-256', 'SHA-384', 'SHA-512'];
/** A larger key makes every handshake slow, which is what somebody could want. */
const RSA_SIZES: Readonly<Record<number, KeyAlgorithm>> = { 2048: 'rsa2048', 3072: 'rsa3072', 4096: 'rsa4096' };
/** NIST SP 800-56B: odd, above 2^16; the usual one is 65537, and a longer one only costs time. */
const EXPONENT = { min: 65_537n, max: 2n ** 32n };

/**
 * Checks a PKCS #10 request and takes its key. Subject and extensions that it asks for are not looked at: the platform
 * says what stands in a certificate.
 * @throws ValidationError `CSR_MALFORMED`, `CSR_KEY_NOT_ACCEPTED` or `CSR_SIGNATURE_INVALID`
 */
export async function readSigningRequest(pem: string): Promise<RequestedKey> {
  const request = parse(pem);
  let key: KeyObject;
  let publicKey: Buffer;
  try {
    publicKey = Buffer.from(request.publicKey.rawData);
    // OpenSSL also checks that the point lies on its curve.
    key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  } catch {
    throw requestNotAccepted('CSR_KEY_NOT_ACCEPTED', 'holds no public key that can be read');
  }
  const algorithm = algorithmOf(key);
  if (!(await isSignedByItsKey(request))) {
    throw requestNotAccepted('CSR_SIGNATURE_INVALID', 'is not signed with its own key and SHA-256 or better');
  }
  return { publicKey, algorithm };
}

function parse(pem: string): Pkcs10CertificateRequest {
  try {
    const [block, ...more] = PemConverter.decodeWithHeaders(pem);
    if (block === undefined || more.length > 0 || !TAGS.includes(block.type)) {
      throw new Error('not one PKCS #10 request');
    }
    return new Pkcs10CertificateRequest(block.rawData);
  } catch {
    throw requestNotAccepted('CSR_MALFORMED', 'must be one PKCS #10 request in PEM, and no key beside it');
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): KeyAlgorithm {
  if (asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'p256';
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  const algorithm = asymmetricKeyType === 'rsa' ? RSA_SIZES[modulusLength] : undefined;
  const odd = publicExponent % 2n === 1n;
  if (algorithm !== undefined && odd && publicExponent >= EXPONENT.min && publicExponent <= EXPONENT.max) {
    return algorithm;
  }
  const message = 'needs a key on the curve P-256, or an RSA key of 2048, 3072 or 4096 bits with the exponent 65537';
  throw requestNotAccepted('CSR_KEY_NOT_ACCEPTED', message);
}

async function isSignedByItsKey(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    const { hash } = request.signatureAlgorithm as unknown as { readonly hash?: { readonly name: string } };
    return HASHES.includes(hash?.name ?? '') && (await request.verify());
  } catch {
    return false;
  }
}
