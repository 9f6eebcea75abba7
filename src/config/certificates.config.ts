import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import type { HttpConfig } from './http.config.js';

/** A certificate and its key (PKCS #8), both PEM. */
export interface KeyAndCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The authority for devices' certificates, and how a certificate gets from a connection to us. */
export interface CertificatesConfig {
  /** Authorities that were brought, the one that signs first; empty: the platform makes its own. */
  readonly authorities: readonly KeyAndCertificate[];
  /** Key of an authority that the platform makes. */
  readonly ownAlgorithm: 'p256' | 'rsa2048';
  /** Where the revocation lists can be fetched; undefined without `PUBLIC_URL`. */
  readonly crlUrl: string | undefined;
  /** Header in which a trusted proxy hands over the client's certificate, in lower case; undefined: none is believed. */
  readonly header: string | undefined;
  /** For listening with TLS; undefined: plain HTTP, behind a proxy that does TLS. */
  readonly https: KeyAndCertificate | undefined;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PEM_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/g;
const MIN_RSA_BITS = 2048;
const CURVES = ['prime256v1', 'secp384r1'];
/** DER of the extension keyUsage, up to its bits: keyCertSign is bit 5, cRLSign bit 6 (RFC 5280, 4.2.1.3). */
const KEY_USAGE = /0603551d0f(?:0101ff)?04040302..(..)/;
const SIGNS_CERTIFICATES_AND_LISTS = 0b0000_0110;
/** Headers that mean something else to us or to HTTP. */
const TAKEN_HEADERS =
  /^(host|authorization|cookie|connection|content-.*|transfer-encoding|x-forwarded-.*|x-(device-id|api-key|request-id|nonce|timestamp|signature|key-id))$/;
/** A network of all addresses. */
const EVERYBODY = /\/0+$/;
const CRL_PATH = '/api/v1/devices/certificates/crl.der';

/** Reads and checks files and settings of certificates. */
export function readCertificatesConfig(reader: EnvReader, http: HttpConfig): CertificatesConfig {
  const publicUrl = reader.raw('PUBLIC_URL')?.replace(/\/+$/, '');
  return {
    authorities: readAuthorities(reader),
    ownAlgorithm: reader.read(
      'DEVICE_CA_ALGORITHM',
      z.enum(['p256', 'rsa2048'], 'must be p256 or rsa2048').default('p256'),
    ),
    crlUrl: publicUrl === undefined ? undefined : `${publicUrl}${CRL_PATH}`,
    header: readHeader(reader, http),
    https: readHttps(reader),
  };
}

/**
 * A header is only as good as its sender: whoever connects has to be known by its address. A number of hops or `true`
 * would believe everybody who reaches our port.
 */
function readHeader(reader: EnvReader, { trustProxy }: HttpConfig): string | undefined {
  const name = z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a header, such as X-Client-Cert')
    .refine((text) => !TAKEN_HEADERS.test(text), 'is a header that means something else')
    .optional();
  const header = reader.read('CLIENT_CERTIFICATE_HEADER', name);
  const proxies = typeof trustProxy === 'object' ? trustProxy : [];
  if (header !== undefined && (proxies.length === 0 || proxies.some((one) => EVERYBODY.test(one)))) {
    reader.problem(
      'CLIENT_CERTIFICATE_HEADER',
      'needs TRUST_PROXY to be the addresses of the proxies (such as loopback or 10.0.0.5), not true, false or a number',
    );
  }
  return header;
}

function readHttps(reader: EnvReader): KeyAndCertificate | undefined {
  const pair = readPair(reader, 'HTTPS_CERT_FILE', 'HTTPS_KEY_FILE');
  if (pair === undefined) return undefined;
  const [first, key] = [certificatesIn(pair.certificates)[0], keysIn(pair.keys)[0]];
  if (first === undefined || !isCertificate(first)) reader.problem('HTTPS_CERT_FILE', 'holds no certificate in PEM');
  else if (key === undefined) reader.problem('HTTPS_KEY_FILE', 'holds no private key in PEM without a password');
  else if (!new X509Certificate(first).checkPrivateKey(key)) {
    reader.problem('HTTPS_KEY_FILE', 'is not the key of the first certificate in HTTPS_CERT_FILE');
  } else return { certificatePem: pair.certificates, privateKeyPem: pemOf(key) };
  return undefined;
}

/** Several certificates may stand in one file, and their keys in the other: the first signs, all are trusted. */
function readAuthorities(reader: EnvReader): KeyAndCertificate[] {
  const pair = readPair(reader, 'DEVICE_CA_CERT_FILE', 'DEVICE_CA_KEY_FILE');
  if (pair === undefined) return [];
  const [certificates, keys] = [certificatesIn(pair.certificates), keysIn(pair.keys)];
  if (certificates.length === 0) reader.problem('DEVICE_CA_CERT_FILE', 'holds no certificate in PEM');
  return certificates.flatMap((pem) => {
    if (!isCertificate(pem)) {
      reader.problem('DEVICE_CA_CERT_FILE', 'holds a certificate that cannot be read');
      return [];
    }
    const certificate = new X509Certificate(pem);
    const wrong = whatIsWrongWith(certificate);
    if (wrong !== undefined) reader.problem('DEVICE_CA_CERT_FILE', wrong);
    const key = keys.find((one) => certificate.checkPrivateKey(one));
    if (key === undefined) {
      const subject = certificate.subject.replaceAll('\n', ', ');
      reader.problem(
        'DEVICE_CA_KEY_FILE',
        `holds no private key (PEM, without a password) of the authority "${subject}"`,
      );
      return [];
    }
    return [{ certificatePem: `${pem}\n`, privateKeyPem: pemOf(key) }];
  });
}

/** Why a certificate is none of an authority that can sign now. */
function whatIsWrongWith(certificate: X509Certificate): string | undefined {
  if (!certificate.ca) return 'holds a certificate that is not one of an authority (basicConstraints CA:TRUE)';
  const usage = KEY_USAGE.exec(certificate.raw.toString('hex'))?.[1];
  const signs = usage === undefined || (Number.parseInt(usage, 16) & SIGNS_CERTIFICATES_AND_LISTS) === 0b110;
  if (!signs) return 'holds an authority that may not sign certificates and revocation lists (keyUsage)';
  const now = Date.now();
  if (Date.parse(certificate.validFrom) > now) return 'holds an authority that is not valid yet';
  if (Date.parse(certificate.validTo) <= now) return 'holds an authority that is not valid any more';
  return isStrong(certificate.publicKey)
    ? undefined
    : 'needs an RSA key of 2048 bits or more, or one on P-256 or P-384';
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (asymmetricKeyType === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return asymmetricKeyType === 'ec' && CURVES.includes(details?.namedCurve ?? '');
}

/** The content of two files that belong together; undefined when neither is given, or one cannot be read. */
function readPair(
  reader: EnvReader,
  certificate: string,
  key: string,
): { readonly certificates: string; readonly keys: string } | undefined {
  const given = [certificate, key].filter((name) => reader.raw(name) !== undefined);
  if (given.length === 1) {
    reader.problem(given[0] === key ? certificate : key, 'is missing: a certificate and its key belong together');
  }
  const [certificates, keys] = [reader.file(certificate), reader.file(key)];
  return certificates === undefined || keys === undefined ? undefined : { certificates, keys };
}

function certificatesIn(text: string): string[] {
  return text.match(PEM_CERTIFICATE) ?? [];
}

/** The keys that can be read; one with a password cannot. */
function keysIn(text: string): KeyObject[] {
  return (text.match(PEM_KEY) ?? []).flatMap((pem) => {
    try {
      const key = createPrivateKey(pem);
      createPublicKey(key);
      return [key];
    } catch {
      return [];
    }
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function pemOf(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}
