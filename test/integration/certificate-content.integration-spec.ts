import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { authorityOf, makeAuthority, type SigningAuthority } from '../../src/devices/certificates/authority.js';
import { signDeviceCertificate } from '../../src/devices/certificates/device-certificate.js';
import {
  importSigningKey,
  newKeyPair,
  newSerialNumber,
  pemOf,
  signingAlgorithmOf,
  type OwnKeyAlgorithm,
  type X509Certificate,
} from '../../src/devices/certificates/x509.js';
import { Openssl } from '../support/openssl.js';

const NOW = Date.now();
const CREDENTIAL = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';

async function authorityWith(algorithm: OwnKeyAlgorithm): Promise<SigningAuthority> {
  const made = await makeAuthority(algorithm, NOW);
  const known = { generation: 1, signsFrom: new Date(NOW), own: true };
  const signingKey = await importSigningKey(made.privateKeyPem);
  return { ...authorityOf(made.certificatePem, { ...known, signingKey }), signingKey };
}

async function issue(authority: SigningAuthority, algorithm: OwnKeyAlgorithm): Promise<X509Certificate> {
  const keys = await newKeyPair(algorithm);
  return signDeviceCertificate(authority, {
    commonName: `gauge-1~${CREDENTIAL}`,
    credentialId: CREDENTIAL,
    serialNumber: newSerialNumber(),
    notBefore: new Date(NOW - 60_000),
    notAfter: new Date(NOW + 86_400_000),
    publicKey: Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)),
    crlUrl: 'https://water.example/crl.der?authority=1',
  });
}

describe('certificates of devices', () => {
  const openssl = new Openssl();
  afterAll(() => openssl.close());

  const textOf = (pem: string): string => openssl.run(['x509', '-noout', '-text'], pem).text;

  it.each([
    ['p256', 'p256'],
    ['p256', 'rsa2048'],
    ['rsa2048', 'p256'],
    ['rsa2048', 'rsa2048'],
  ] as const)('from an authority with %s for a key %s are what OpenSSL accepts of a client', async (own, key) => {
    const authority = await authorityWith(own);
    const certificate = await issue(authority, key);
    const pem = pemOf(certificate);
    expect(openssl.verify(authority.certificatePem, pem)).toMatchObject({ good: true });
    const server = openssl.run(['verify', '-purpose', 'sslserver', '-CAfile', 'verify-ca.pem', 'verify.pem']);
    expect(server.good).toBe(false);
  });

  it('say whose they are and what they are for', async () => {
    const certificate = new NodeCertificate(pemOf(await issue(await authorityWith('p256'), 'p256')));
    expect(certificate.subject).toBe(`CN=gauge-1~${CREDENTIAL}`);
    expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${CREDENTIAL}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    const text = textOf(certificate.toString());
    expect(text).toContain('ecdsa-with-SHA256');
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toContain('URI:https://water.example/crl.der?authority=1');
    expect(text).toContain('Authority Key Identifier');
  });

  it('cannot sign certificates themselves, and their authority none of authorities', async () => {
    const authority = await authorityWith('p256');
    const text = textOf(authority.certificatePem);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  });
});

describe('serial numbers', () => {
  it('are positive, of one length, and never the same', () => {
    const serials = Array.from({ length: 1_000 }, newSerialNumber);
    expect(new Set(serials).size).toBe(1_000);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  });
});

describe('a key that we make', () => {
  it.each(['p256', 'rsa2048'] as const)('is %s and signs with SHA-256', async (algorithm) => {
    const { privateKeyPem } = await makeAuthority(algorithm, NOW);
    const key = createPrivateKey(privateKeyPem);
    if (algorithm === 'p256') expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    else expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(signingAlgorithmOf(key).hash).toBe('SHA-256');
  });
});
