import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags, X509CertificateGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from './env-reader.js';
import { parseConfig, readConfig } from './load-config.js';

const BASE: Environment = { NODE_ENV: 'test', DATABASE_URL: 'postgres://u@h/d' };
const DAY_MS = 86_400_000;
const SIGNS = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

interface Made {
  readonly certificate: string;
  readonly key: string;
}

interface Asked {
  readonly ca?: boolean;
  readonly usages?: KeyUsageFlags;
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  /** Of Web Crypto. */
  readonly algorithm?: object;
}

/** An authority, or what only looks like one. */
async function make({ ca = true, usages = SIGNS, from = -1, to = 1, ...more }: Asked = {}): Promise<Made> {
  const algorithm = (more.algorithm ?? P256) as typeof P256;
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as never as {
    publicKey: never;
    privateKey: never;
  };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Authority of the tests',
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + to * DAY_MS),
    signingAlgorithm: { ...algorithm, hash: 'SHA-256' } as never,
    keys,
    extensions: [new BasicConstraintsExtension(ca, undefined, true), new KeyUsagesExtension(usages, true)],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: certificate.toString('pem'), key: String(key) };
}

describe('the authority for devices', () => {
  let dir: string;
  beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'certificates-config-'))));
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Settings with the two files. */
  function files(certificates: string, keys: string): Environment {
    writeFileSync(join(dir, 'ca.pem'), certificates);
    writeFileSync(join(dir, 'ca.key'), keys);
    return { ...BASE, DEVICE_CA_CERT_FILE: join(dir, 'ca.pem'), DEVICE_CA_KEY_FILE: join(dir, 'ca.key') };
  }
  const problemsOf = (environment: Environment): string[] =>
    readConfig(environment).problems.map(({ variable, message }) => `${variable} ${message}`);

  it('is made by the platform unless one is brought', () => {
    expect(parseConfig(BASE).certificates).toEqual({
      authorities: [],
      ownAlgorithm: 'p256',
      crlUrl: undefined,
      header: undefined,
      https: undefined,
    });
    const more = { DEVICE_CA_ALGORITHM: 'rsa2048', PUBLIC_URL: 'https://water.example/' };
    expect(parseConfig({ ...BASE, ...more }).certificates).toMatchObject({
      ownAlgorithm: 'rsa2048',
      crlUrl: 'https://water.example/api/v1/devices/certificates/crl.der',
    });
  });

  it('can be brought, and several of them, each with its key', async () => {
    const [first, second] = [await make(), await make({ algorithm: { name: 'ECDSA', namedCurve: 'P-384' } })];
    const { authorities } = parseConfig(
      files(`${first.certificate}\n${second.certificate}\n`, `${second.key}${first.key}`),
    ).certificates;
    expect(authorities.map(({ privateKeyPem }) => privateKeyPem)).toEqual([first.key, second.key]);
    expect(authorities[0]!.certificatePem.trim()).toBe(first.certificate);
  });

  it.each([
    [
      'another key',
      async () => files((await make()).certificate, (await make()).key),
      'DEVICE_CA_KEY_FILE holds no private key',
    ],
    ['no authority', async () => files(...pair(await make({ ca: false }))), 'is not one of an authority'],
    [
      'one that may not sign lists',
      async () => files(...pair(await make({ usages: KeyUsageFlags.keyCertSign }))),
      'keyUsage',
    ],
    ['one that has ended', async () => files(...pair(await make({ from: -9, to: -1 }))), 'not valid any more'],
    ['one of tomorrow', async () => files(...pair(await make({ from: 1, to: 2 }))), 'not valid yet'],
    ['a weak key', async () => files(...pair(await make({ algorithm: WEAK }))), '2048 bits'],
    ['no PEM', () => Promise.resolve(files('nothing', 'nothing')), 'DEVICE_CA_CERT_FILE holds no certificate in PEM'],
  ])('is refused: %s', async (_what, environment, problem) => {
    expect(problemsOf(await environment())).toEqual([expect.stringContaining(problem)]);
  });

  it('needs both files, and files that are there', async () => {
    const { DEVICE_CA_CERT_FILE } = files(...pair(await make()));
    expect(problemsOf({ ...BASE, DEVICE_CA_CERT_FILE })).toEqual([
      'DEVICE_CA_KEY_FILE is missing: a certificate and its key belong together',
    ]);
    const gone = { DEVICE_CA_CERT_FILE, DEVICE_CA_KEY_FILE: join(dir, 'gone.key') };
    expect(problemsOf({ ...BASE, ...gone })).toEqual([expect.stringContaining('cannot be read')]);
  });

  it('takes a key and a certificate for HTTPS that fit', async () => {
    const server = await make({ ca: false });
    const { DEVICE_CA_CERT_FILE: HTTPS_CERT_FILE, DEVICE_CA_KEY_FILE: HTTPS_KEY_FILE } = files(...pair(server));
    const { https } = parseConfig({ ...BASE, HTTPS_CERT_FILE, HTTPS_KEY_FILE }).certificates;
    expect(https).toEqual({ certificatePem: server.certificate, privateKeyPem: server.key });
    files(server.certificate, (await make()).key);
    expect(problemsOf({ ...BASE, HTTPS_CERT_FILE, HTTPS_KEY_FILE })).toEqual([
      'HTTPS_KEY_FILE is not the key of the first certificate in HTTPS_CERT_FILE',
    ]);
  });
});

const WEAK = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 1024,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const pair = ({ certificate, key }: Made): [string, string] => [certificate, key];

describe('the header of a proxy', () => {
  const read = (environment: Environment) => readConfig({ ...BASE, ...environment });

  it('is believed of proxies that are named by their addresses', () => {
    const environment = { CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert', TRUST_PROXY: 'loopback, 10.0.0.5' };
    expect(read(environment).config?.certificates.header).toBe('x-client-cert');
  });

  it.each([undefined, 'true', 'false', '1', '2', '10.0.0.5,0.0.0.0/0', '::/0'])(
    'is not with TRUST_PROXY=%s',
    (trust) => {
      const { problems } = read({ CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert', TRUST_PROXY: trust });
      expect(problems).toMatchObject([
        { variable: 'CLIENT_CERTIFICATE_HEADER', message: expect.stringContaining('addresses') },
      ]);
    },
  );

  it.each(['Authorization', 'X-Api-Key', 'X-Forwarded-For', 'Host', 'two words'])('cannot be %s', (name) => {
    const { problems } = read({ CLIENT_CERTIFICATE_HEADER: name, TRUST_PROXY: 'loopback' });
    expect(problems).toMatchObject([{ variable: 'CLIENT_CERTIFICATE_HEADER' }]);
  });
});
