import { request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest, type RequestOptions } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { UserService } from '../../src/users/user.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases, type TestDatabase } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';
import { Openssl } from '../support/openssl.js';
import { BROKER_CERTIFICATE, BROKER_KEY, CA_CERTIFICATE } from '../support/tls-fixtures.js';

const PASSWORD = 'a long enough pass phrase';
const READING = { timestamp: '2026-03-01T12:00:00Z', values: { water_level_cm: 45.5 } };

const openssl = new Openssl();
afterAll(() => openssl.close());

interface Answer {
  readonly status: number;
  /** Whether the TLS session was one of before. */
  readonly resumed: boolean;
  readonly text: string;
  readonly body: { readonly data?: unknown; readonly code?: string };
}

interface Issued {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly caPem: string;
  readonly fingerprint: string;
}

/** One request, over TLS or not, from any local address, with a client certificate or without. */
function send(url: string, options: RequestOptions & { body?: unknown } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const request = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(url, { ca: CA_CERTIFICATE, ...rest, headers: { ...headers, ...rest.headers } }, (response) => {
      const chunks: Buffer[] = [];
      const resumed = response.socket instanceof TLSSocket && response.socket.isSessionReused();
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = response.headers['content-type']?.includes('json') ? (JSON.parse(text) as Answer['body']) : {};
        resolve({ status: response.statusCode ?? 0, resumed, text, body: json });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The application with an engineer who is signed in. */
class Installation {
  private constructor(
    readonly running: TestApp,
    private readonly token: string,
  ) {}

  static async start(db: TestDatabase, env: Record<string, string>): Promise<Installation> {
    const running = await startTestApp({ env: { DATABASE_URL: db.url, ...env }, roles: ['api'] });
    const home = await createMunicipality(running.app);
    const email = `${newId()}@example.org`;
    const account = {
      email,
      name: 'Engineer',
      password: PASSWORD,
      role: 'field_engineer',
      municipalityId: home,
    } as const;
    await asTenant('all', async () => {
      await running.app.get(UserService).create(account);
      const types = running.app.get(SensorTypesService);
      await types.create({ code: 'water_level_cm', name: 'Water level', unit: 'cm' }).catch(() => undefined);
    });
    const url = `${running.url}/api/v1/auth/login`;
    const { body } = await send(url, { method: 'POST', body: { email, password: PASSWORD } });
    return new Installation(running, (body.data as { accessToken: string }).accessToken);
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}` };
    const answer = await send(`${this.running.url}/api/v1${path}`, { method, headers, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body.data as T;
  }

  async device(): Promise<string> {
    const deviceId = `gauge-${newId().slice(-12)}`;
    const sensors = [{ typeCode: 'water_level_cm' }];
    await this.call('POST', '/devices/register', { deviceId, name: 'Gauge', sensors });
    return deviceId;
  }

  issue(deviceId: string, more: object = {}): Promise<Issued> {
    return this.call<Issued>('POST', '/devices/certificates/generate', { deviceId, ...more });
  }

  /** Hands over readings as a device does. */
  deliver(options: RequestOptions = {}): Promise<Answer> {
    return send(`${this.running.url}/api/v1/readings`, { method: 'POST', body: READING, ...options });
  }

  async latest(deviceId: string): Promise<unknown[]> {
    return this.call<unknown[]>('GET', `/readings/latest?deviceId=${deviceId}`);
  }
}

describeBothDatabases((db) => {
  describe('TLS of our own', () => {
    let installation: Installation;
    beforeAll(async () => {
      installation = await Installation.start(db, {
        HTTPS_CERT_FILE: openssl.file('server.pem', BROKER_CERTIFICATE),
        HTTPS_KEY_FILE: openssl.file('server.key', BROKER_KEY),
      });
    });
    afterAll(() => installation.running.close());

    const withCertificate = ({ certificatePem, privateKeyPem }: Issued) => ({
      cert: certificatePem,
      key: privateKeyPem,
    });

    it('lets a device in by its certificate alone, and stores what it delivers', async () => {
      expect(installation.running.url).toMatch(/^https:/);
      const deviceId = await installation.device();
      const issued = await installation.issue(deviceId);
      const answer = await installation.deliver(withCertificate(issued));
      expect(answer).toMatchObject({ status: 201, body: { data: { accepted: 1 } } });
      expect(await installation.latest(deviceId)).toMatchObject([{ deviceId, value: 45.5 }]);
    });

    it('is registered with a certificate, and tries it', async () => {
      const deviceId = `gauge-${newId().slice(-12)}`;
      const body = { deviceId, name: 'Gauge', authMethods: ['certificate'], sensors: [{ typeCode: 'water_level_cm' }] };
      const { credentials } = await installation.call<{ credentials: { certificate: Issued } }>(
        'POST',
        '/devices/register',
        body,
      );
      expect(Object.keys(credentials.certificate).toSorted()).toEqual(
        ['caPem', 'certificatePem', 'expiresAt', 'fingerprint', 'privateKeyPem', 'serialNumber'].toSorted(),
      );
      const { certificatePem, fingerprint } = credentials.certificate;
      expect(await installation.deliver(withCertificate(credentials.certificate))).toMatchObject({ status: 201 });
      const tried = await installation.call('POST', '/devices/authenticate', { deviceId, certificatePem });
      expect(tried).toMatchObject({ authenticated: true, device: { deviceId, authMethods: ['certificate'] } });
      const listed = await installation.call<object[]>('GET', `/devices/${deviceId}/certificates`);
      expect(listed).toMatchObject([{ fingerprint, status: 'valid' }]);
    });

    it('also when the TLS session is resumed', async () => {
      const issued = await installation.issue(await installation.device());
      const agent = new Agent({ maxCachedSessions: 10, keepAlive: false });
      const options = { ...withCertificate(issued), agent };
      expect(await installation.deliver(options)).toMatchObject({ status: 201, resumed: false });
      expect(await installation.deliver(options)).toMatchObject({ status: 201, resumed: true });
      await installation.call('POST', `/devices/certificates/${issued.fingerprint}/revoke`, {});
      expect(await installation.deliver(options)).toMatchObject({ status: 401, resumed: true });
      agent.destroy();
    });

    it('refuses who shows none, a foreign one, or names another device', async () => {
      const deviceId = await installation.device();
      const issued = await installation.issue(deviceId);
      expect(await installation.deliver()).toMatchObject({ status: 401 });
      expect(await installation.deliver({ headers: { 'x-device-id': deviceId } })).toMatchObject({ status: 401 });
      const other = { ...withCertificate(issued), headers: { 'x-device-id': await installation.device() } };
      expect(await installation.deliver(other)).toMatchObject({ status: 401 });
      openssl.request('foreign');
      const subject = openssl.run(['x509', '-noout', '-subject', '-nameopt', 'compat'], issued.certificatePem).text;
      const forge = [
        'req',
        '-x509',
        '-key',
        'foreign.key',
        '-days',
        '9',
        '-subj',
        subject.trim().replace('subject=', ''),
      ];
      const cert = /-----BEGIN[\s\S]+-----END CERTIFICATE-----/.exec(openssl.run(forge).text)![0];
      const key = openssl.run(['pkey', '-in', 'foreign.key']).text;
      const answer = await installation.deliver({ cert, key });
      expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
      expect(await installation.deliver(withCertificate(issued))).toMatchObject({ status: 201 });
    });

    it('believes no header', async () => {
      const issued = await installation.issue(await installation.device());
      const headers = { 'x-client-cert': encodeURIComponent(issued.certificatePem) };
      expect(await installation.deliver({ headers })).toMatchObject({ status: 401 });
    });

    it('speaks no TLS below 1.2', async () => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
      await expect(installation.deliver(old)).rejects.toThrow(/protocol version|unsupported protocol/i);
    });

    it('keeps two certificates valid during a renewal, and ends a revoked one at once', async () => {
      const deviceId = await installation.device();
      const old = await installation.issue(deviceId);
      const renewed = await installation.issue(deviceId, { overlapSeconds: 3600, algorithm: 'rsa2048' });
      for (const issued of [old, renewed]) {
        expect(await installation.deliver(withCertificate(issued))).toMatchObject({ status: 201 });
      }
      await installation.call('POST', `/devices/certificates/${old.fingerprint.toUpperCase()}/revoke`, {
        reason: 'superseded',
      });
      expect(await installation.deliver(withCertificate(old))).toMatchObject({ status: 401 });
      expect(await installation.deliver(withCertificate(renewed))).toMatchObject({ status: 201 });
      const listed = await installation.call<object[]>('GET', `/devices/${deviceId}/certificates`);
      expect(listed).toMatchObject([
        { fingerprint: old.fingerprint, status: 'revoked', revocationReason: 'superseded' },
        { fingerprint: renewed.fingerprint, status: 'valid', algorithm: 'rsa2048' },
      ]);
      expect(JSON.stringify(listed)).not.toContain('PRIVATE');
    });

    it('serves the authority and the revocation list to everybody, as OpenSSL reads them', async () => {
      const issued = await installation.issue(await installation.device());
      const file = (name: string) => send(`${installation.running.url}/api/v1/devices/certificates/${name}`);
      const [ca, before] = [await file('ca.pem'), await file('crl.pem')];
      expect([ca.status, before.status]).toEqual([200, 200]);
      expect(ca.text).toBe(issued.caPem);
      expect(openssl.verify(ca.text, issued.certificatePem, before.text)).toMatchObject({ good: true });
      await installation.call('POST', `/devices/certificates/${issued.fingerprint}/revoke`, {
        reason: 'key_compromise',
      });
      const after = await file('crl.pem');
      expect(openssl.verify(ca.text, issued.certificatePem, after.text).text).toContain('certificate revoked');
      expect(await file('crl.der')).toMatchObject({ status: 200 });
      expect(await file('crl.der?authority=77')).toMatchObject({ status: 404, body: { code: 'DEVICE_CA_NOT_FOUND' } });
    });
  });

  describe('a certificate in the header of a proxy', () => {
    const PROXY = '127.0.0.2';
    let installation: Installation;
    beforeAll(async () => {
      installation = await Installation.start(db, { TRUST_PROXY: PROXY, CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert' });
    });
    afterAll(() => installation.running.close());

    const header = (value: string | string[]) => ({ headers: { 'x-client-cert': value } });

    it('lets the device in when the proxy says so', async () => {
      const deviceId = await installation.device();
      const { certificatePem } = await installation.issue(deviceId);
      const der = Buffer.from(certificatePem.replaceAll(/-----.*-----|\s/g, ''), 'base64').toString('base64');
      for (const value of [encodeURIComponent(certificatePem), `:${der}:`]) {
        expect(await installation.deliver({ localAddress: PROXY, ...header(value) })).toMatchObject({ status: 201 });
      }
      expect(await installation.latest(deviceId)).toHaveLength(1);
    });

    it('lets nobody in who comes past the proxy and says it themselves', async () => {
      const { certificatePem } = await installation.issue(await installation.device());
      const value = encodeURIComponent(certificatePem);
      expect(await installation.deliver(header(value))).toMatchObject({ status: 401 });
      // Nor by naming the proxy as the one they came through, or going through.
      const forwarded = { headers: { ...header(value).headers, 'x-forwarded-for': PROXY } };
      expect(await installation.deliver(forwarded)).toMatchObject({ status: 401 });
      // Nor through a proxy that adds its own header to theirs.
      const both = { localAddress: PROXY, ...header([value, '']) };
      expect(await installation.deliver(both)).toMatchObject({ status: 401 });
      expect(await installation.deliver({ localAddress: PROXY, ...header(value) })).toMatchObject({ status: 201 });
    });
  });
});
