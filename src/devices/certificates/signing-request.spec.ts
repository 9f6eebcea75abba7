import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../common/errors/errors.js';
import { readSigningRequest } from './signing-request.js';
import { newKeyPair, PemConverter, Pkcs10CertificateRequestGenerator, type OwnKeyAlgorithm } from './x509.js';

/** A request for a key; the subject asks for somebody else's name. */
async function requestFor(keys: unknown, signingAlgorithm: object): Promise<string> {
  const name = 'CN=another-device~0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';
  const params = { name, keys, signingAlgorithm } as Parameters<typeof Pkcs10CertificateRequestGenerator.create>[0];
  return (await Pkcs10CertificateRequestGenerator.create(params)).toString('pem');
}

const ECDSA = { name: 'ECDSA', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

const ec = async (namedCurve: string, hash = 'SHA-256'): Promise<string> =>
  requestFor(await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']), {
    ...ECDSA,
    hash,
  });

async function rsa(modulusLength: number, exponent = [1, 0, 1], hash = 'SHA-256'): Promise<string> {
  const algorithm = { name: RSA.name, hash, modulusLength, publicExponent: new Uint8Array(exponent) };
  return requestFor(await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']), { ...RSA, hash });
}

/** The same request with other bytes. */
function changed(pem: string, change: (der: Buffer) => Buffer): string {
  const der = change(Buffer.from(PemConverter.decodeFirst(pem)));
  return PemConverter.encode(new Uint8Array(der), 'CERTIFICATE REQUEST');
}

async function codeOf(pem: string): Promise<string | undefined> {
  const error = await readSigningRequest(pem).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(ValidationError);
  const { errors } = error as ValidationError;
  expect(errors).toMatchObject([{ path: 'csrPem' }]);
  return errors![0]!.code;
}

describe('readSigningRequest', () => {
  it.each(['p256', 'rsa2048'] as const)('takes the key of a good request: %s', async (algorithm: OwnKeyAlgorithm) => {
    const keys = await newKeyPair(algorithm);
    const pem = await requestFor(keys, algorithm === 'p256' ? ECDSA : RSA);
    const read = await readSigningRequest(pem);
    expect(read.algorithm).toBe(algorithm);
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
    expect(read.publicKey.equals(spki)).toBe(true);
  });

  it.each([
    ['rsa3072', () => rsa(3072)],
    ['p256', () => ec('P-256', 'SHA-384')],
  ] as const)('takes %s', async (algorithm, make) => {
    expect((await readSigningRequest(await make())).algorithm).toBe(algorithm);
  });

  it('takes what older tools write', async () => {
    const pem = (await ec('P-256')).replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
    expect(await codeOf(pem)).toBeUndefined();
  });

  it.each([
    ['an RSA key of 1024 bits', () => rsa(1024)],
    ['an RSA key with the exponent 3', () => rsa(2048, [3])],
    ['the curve P-384', () => ec('P-384')],
    ['the curve P-521', () => ec('P-521')],
    [
      'Ed25519',
      async () => requestFor(await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']), { name: 'Ed25519' }),
    ],
  ])('refuses %s', async (_what, make) => {
    expect(await codeOf(await make())).toBe('CSR_KEY_NOT_ACCEPTED');
  });

  it('refuses a point that is not on the curve', async () => {
    const pem = changed(await ec('P-256'), (der) => {
      const at = der.indexOf(Buffer.from('034200', 'hex')) + 10;
      der[at] = der[at]! ^ 0xff;
      return der;
    });
    expect(await codeOf(pem)).toBe('CSR_KEY_NOT_ACCEPTED');
  });

  it('refuses a signature by another key, and one over something else', async () => {
    const [one, other] = [await newKeyPair('p256'), await newKeyPair('p256')];
    const stolen = await requestFor({ publicKey: one.publicKey, privateKey: other.privateKey }, ECDSA);
    expect(await codeOf(stolen)).toBe('CSR_SIGNATURE_INVALID');
    const renamed = changed(await ec('P-256'), (der) => {
      const at = der.indexOf('another-device');
      return Buffer.concat([der.subarray(0, at), Buffer.from('A'), der.subarray(at + 1)]);
    });
    expect(await codeOf(renamed)).toBe('CSR_SIGNATURE_INVALID');
  });

  it('refuses a signature with SHA-1', async () => {
    expect(await codeOf(await rsa(2048, [1, 0, 1], 'SHA-1'))).toBe('CSR_SIGNATURE_INVALID');
  });

  it('refuses what is no request, and what comes with a key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const good = await ec('P-256');
    const texts = [
      'nonsense',
      key,
      String(publicKey.export({ type: 'spki', format: 'pem' })),
      `${good}\n${key}`,
      `${good}\n${good}`,
      good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'),
      changed(good, (der) => der.subarray(0, der.length - 20)),
      PemConverter.encode(new Uint8Array(12_000).fill(0x30), 'CERTIFICATE REQUEST'),
      '-----BEGIN CERTIFICATE REQUEST-----\n\n-----END CERTIFICATE REQUEST-----',
    ];
    for (const text of texts) expect(await codeOf(text), text.slice(0, 60)).toBe('CSR_MALFORMED');
  });
});
