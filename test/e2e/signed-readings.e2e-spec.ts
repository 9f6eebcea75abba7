import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { RefusalCounts } from '../../src/devices/signatures/refusal-counts.js';
import { UserService } from '../../src/users/user.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';
import { publishSigned, publishWrapped, sign, signedHeaders, type Hmac, type Signature } from '../support/signing.js';

const PASSWORD = 'a long enough pass phrase';
const WAIT = { timeout: 20_000, interval: 50 };
const START = Date.UTC(2026, 2, 1, 6);
const DAY_MS = 86_400_000;

interface Device {
  readonly deviceId: string;
  readonly sensors: readonly { readonly id: string }[];
  readonly credentials: { readonly apiKey: string; readonly hmac: Hmac };
}
describeBothDatabases((db) => {
  let test: TestApp;
  let five: MqttClient;
  let three: MqttClient;
  let token: string;
  let minute = 0;

  beforeAll(async () => {
    test = await startTestApp({ env: { DATABASE_URL: db.url }, roles: ['api', 'ingest'] });
    const home = await createMunicipality(test.app);
    await test.app.get(SensorTypesService).create({ code: 'water_level_cm', name: 'Water level', unit: 'cm' });
    const email = 'engineer@example.org';
    await asTenant('all', () =>
      test.app
        .get(UserService)
        .create({ email, name: 'E', password: PASSWORD, role: 'field_engineer', municipalityId: home }),
    );
    const signIn = await post('/auth/login', { email, password: PASSWORD });
    token = (signIn.data as { accessToken: string }).accessToken;
    const url = process.env['TEST_MQTT_URL'] ?? '';
    five = await connectAsync(url, { protocolVersion: 5, connectTimeout: 5_000 });
    three = await connectAsync(url, { protocolVersion: 4, connectTimeout: 5_000 });
  });
  afterAll(async () => {
    await Promise.all([five.endAsync(true), three.endAsync(true)]);
    await test.close();
  });

  async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${test.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(headers['x-device-id'] === undefined && token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: body ?? null,
    });
    const text = await response.text();
    const answer = (text === '' ? {} : JSON.parse(text)) as { data?: unknown; code?: string };
    return { status: response.status, ...answer };
  }
  const post = (path: string, body: unknown) => call('POST', path, JSON.stringify(body));
  const get = async <T>(path: string) => (await call('GET', path)).data as T;

  async function register(name: string, signatureRequired = true): Promise<Device> {
    const { data, status } = await post('/devices/register', {
      deviceId: `${name}-${newId().slice(-10)}`,
      name,
      authMethods: ['api_key', 'hmac'],
      sensors: [{ typeCode: 'water_level_cm' }],
    });
    expect(status).toBe(201);
    const device = data as Device & { version: number };
    const patch = JSON.stringify({ signatureRequired, version: device.version });
    expect((await call('PATCH', `/devices/${device.deviceId}`, patch)).status).toBe(200);
    return device;
  }

  /** A reading that was never sent before, as text. */
  const reading = (value = 1) =>
    JSON.stringify({ timestamp: START + minute++ * 60_000, values: { water_level_cm: value } });

  function deliver(device: Device, body: string, signature?: Signature, apiKey?: string) {
    const headers = {
      ...(signature && signedHeaders(signature)),
      ...(apiKey !== undefined && { 'x-api-key': apiKey }),
    };
    return call('POST', '/readings', body, { 'x-device-id': device.deviceId, ...headers });
  }

  const publish5 = (device: Device, body: string, signature?: Signature, kind?: string) =>
    publishSigned(five, `sensors/${device.deviceId}/${kind ?? 'data'}`, body, signature);
  const publish3 = (device: Device, body: string, signature: Signature, kind?: string) =>
    publishWrapped(three, `sensors/${device.deviceId}/${kind ?? 'data'}`, body, signature);

  const values = async ({ sensors }: Device) => {
    const path = `/sensors/${sensors[0]!.id}/readings?from=2026-03-01T00:00:00Z&to=2026-03-08T00:00:00Z&limit=100`;
    return (await get<{ value: number }[]>(path)).map(({ value }) => value);
  };
  const rejected = async ({ deviceId }: Device) =>
    (await get<{ code: string }[]>(`/readings/rejected?deviceId=${deviceId}`)).map(({ code }) => code).sort();
  const refused = async ({ deviceId }: Device) => {
    await test.app.get(RefusalCounts).flush();
    const rows = await get<{ code: string; count: number }[]>(`/devices/${deviceId}/refusals`);
    return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
  };

  describe('a device that must sign, by HTTP', () => {
    it('delivers what it signed, and shows no API key for it', async () => {
      const device = await register('http-good');
      const { keyId, secret } = device.credentials.hmac;
      const [first, second] = [reading(1), reading(2)];
      expect(await deliver(device, first, sign(secret, first))).toMatchObject({ status: 201, data: { accepted: 1 } });
      const named = { ...sign(secret, second), keyId };
      expect(await deliver(device, second, named)).toMatchObject({ status: 201, data: { accepted: 1 } });
      expect(await values(device)).toEqual([1, 2]);
      const { data } = await call('GET', `/devices/${device.deviceId}/credentials?kind=hmac`);
      expect(data).toMatchObject([{ lookup: keyId, status: 'live' }]);
    });

    it('is refused when the request is unsigned, tampered with, late, early, replayed, or by another key', async () => {
      const device = await register('http-bad');
      const stranger = await register('http-stranger');
      const { secret } = device.credentials.hmac;
      const { apiKey } = device.credentials;
      const good = reading(1);
      const first = sign(secret, good);
      expect((await deliver(device, good, first)).status).toBe(201);
      const body = reading(666);
      const other = stranger.credentials.hmac;
      const attempts: [string, Promise<{ status: number; code?: string }>][] = [
        ['SIGNATURE_MISSING', deliver(device, body, undefined, apiKey)],
        ['SIGNATURE_INVALID', deliver(device, body.replace('666', '667'), sign(secret, body))],
        ['SIGNATURE_INVALID', deliver(device, body, { ...sign(secret, body), nonce: newId() })],
        ['SIGNATURE_INVALID', deliver(device, body, { ...sign(secret, body), timestamp: String(Date.now() + 1) })],
        ['SIGNATURE_INVALID', deliver(device, body, sign(other.secret, body))],
        ['SIGNATURE_INVALID', deliver(device, body, { ...sign(secret, body), keyId: other.keyId })],
        ['SIGNATURE_INVALID', deliver(device, body, { ...sign(other.secret, body), keyId: other.keyId })],
        ['SIGNATURE_INVALID', deliver(device, body, { ...sign(secret, body), signature: 'x' }, apiKey)],
        ['SIGNATURE_INVALID', deliver(device, body, sign(secret, body, Date.now(), 'short'))],
        ['SIGNATURE_EXPIRED', deliver(device, body, sign(secret, body, Date.now() - 310_000))],
        ['SIGNATURE_EXPIRED', deliver(device, body, sign(secret, body, Date.now() + 310_000))],
        ['SIGNATURE_REPLAYED', deliver(device, good, first)],
        ['SIGNATURE_REPLAYED', deliver(device, body, sign(secret, body, Date.now(), first.nonce))],
      ];
      for (const [code, attempt] of attempts) expect(await attempt).toMatchObject({ status: 401, code });
      expect(await deliver({ ...device, deviceId: 'no-such-device' }, body, sign(secret, body))).toMatchObject({
        status: 401,
        code: 'SIGNATURE_INVALID',
      });
      expect(await values(device)).toEqual([1]);
      expect(await refused(device)).toEqual({
        SIGNATURE_MISSING: 1,
        SIGNATURE_INVALID: 8,
        SIGNATURE_EXPIRED: 2,
        SIGNATURE_REPLAYED: 2,
      });
      expect(await rejected(device)).toEqual(['SIGNATURE_REPLAYED', 'SIGNATURE_REPLAYED']);
    });

    it('takes one of many requests with the same nonce', async () => {
      const device = await register('http-race');
      const body = reading(1);
      const signature = sign(device.credentials.hmac.secret, body);
      const answers = await Promise.all(Array.from({ length: 12 }, () => deliver(device, body, signature)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ code }) => code === 'SIGNATURE_REPLAYED')).toHaveLength(11);
      expect(await values(device)).toEqual([1]);
    });
  });

  describe('a device that must sign, by MQTT', () => {
    it('delivers what it signed, in properties or wrapped, and once however often the broker delivers it', async () => {
      const device = await register('mqtt-good');
      const { keyId, secret } = device.credentials.hmac;
      const [first, second, third] = [reading(1), reading(2), reading(3)];
      const [a, b] = [sign(secret, first), { ...sign(secret, second, Date.now() - 6 * DAY_MS), keyId }];
      await publish5(device, first, a);
      await publish3(device, second, b);
      for (let i = 0; i < 3; i++) {
        await publish5(device, first, a);
        await publish3(device, second, b);
      }
      await publish5(device, third, { ...sign(secret, third), keyId });
      await vi.waitFor(async () => expect(await values(device)).toEqual([1, 2, 3]), WAIT);
      expect([await rejected(device), await refused(device)]).toEqual([[], {}]);
    });

    it('is refused, counted and stored nothing of when it is unsigned, tampered with, late, early or replayed', async () => {
      const device = await register('mqtt-bad');
      const stranger = await register('mqtt-stranger');
      const { secret } = device.credentials.hmac;
      const other = stranger.credentials.hmac;
      const good = reading(1);
      const first = sign(secret, good);
      await publish5(device, good, first);
      const body = reading(666);
      await publish5(device, body);
      await publish5(device, body.replace('666', '667'), sign(secret, body));
      await publish3(device, body.replace('666', '667'), sign(secret, body));
      await publish5(device, body, sign(other.secret, body));
      await publish5(device, body, { ...sign(secret, body), keyId: 'hmk_00000000000000000000' });
      await publish3(device, body, { ...sign(other.secret, body), keyId: other.keyId });
      await publish5(device, body, sign(secret, body, Date.now() - 8 * DAY_MS));
      await publish3(device, body, sign(secret, body, Date.now() + 16 * 60_000));
      await publish3(device, body, sign(secret, body, Date.now(), first.nonce));
      const last = reading(2);
      await publish5(device, last, sign(secret, last));
      await vi.waitFor(async () => expect(await values(device)).toEqual([1, 2]), WAIT);
      const counts = { SIGNATURE_MISSING: 1, SIGNATURE_INVALID: 5, SIGNATURE_EXPIRED: 2, SIGNATURE_REPLAYED: 1 };
      await vi.waitFor(async () => expect(await refused(device)).toEqual(counts), WAIT);
      const codes = Object.entries(counts).flatMap(([code, count]) => Array<string>(count).fill(code));
      expect(await rejected(device)).toEqual(codes.sort());
      expect(await values(device)).toEqual([1, 2]);
    });

    it('signs its status and heartbeat, too, which somebody who repeats them cannot', async () => {
      const device = await register('mqtt-status');
      const { secret } = device.credentials.hmac;
      const status = '{"status":"online","battery_level":80}';
      const signature = sign(secret, status);
      await publish5(device, status);
      await publish3(device, status, signature, 'status');
      const health = () => get<{ status: string; batteryLevel: number }>(`/devices/health/check/${device.deviceId}`);
      await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'online', batteryLevel: 80 }), WAIT);
      await publish3(device, status, signature, 'status');
      await publish5(device, '{}', signature, 'heartbeat');
      await vi.waitFor(
        async () =>
          expect(await rejected(device)).toEqual(['SIGNATURE_INVALID', 'SIGNATURE_MISSING', 'SIGNATURE_REPLAYED']),
        WAIT,
      );
    });
  });

  describe('a device that need not sign', () => {
    it('delivers unsigned, and is refused with a wrong signature', async () => {
      const device = await register('free', false);
      const { apiKey, hmac } = device.credentials;
      const [plain, signedOne, wrong, byMqtt] = [reading(1), reading(2), reading(666), reading(3)];
      expect((await deliver(device, plain, undefined, apiKey)).status).toBe(201);
      expect((await deliver(device, signedOne, sign(hmac.secret, signedOne), apiKey)).status).toBe(201);
      expect(await deliver(device, wrong, sign('another', wrong), apiKey)).toMatchObject({ code: 'SIGNATURE_INVALID' });
      await publish5(device, wrong, sign('another', wrong));
      await publish3(device, wrong, sign('another', wrong));
      await publish5(device, byMqtt);
      await vi.waitFor(async () => expect(await values(device)).toEqual([1, 2, 3]), WAIT);
      await vi.waitFor(async () => expect(await rejected(device)).toHaveLength(2), WAIT);
    });
  });

  describe('keys', () => {
    it('live beside each other while the device changes over, and are refused once revoked', async () => {
      const device = await register('rotating');
      const old = device.credentials.hmac;
      const path = `/devices/${device.deviceId}/credentials`;
      const added = await post(path, { kind: 'hmac', overlapSeconds: 3600 });
      const { credentials, previousValidUntil } = added.data as {
        credentials: { hmac: Hmac };
        previousValidUntil: string;
      };
      expect(Date.parse(previousValidUntil)).toBeGreaterThan(Date.now());
      const keys = [old, credentials.hmac];
      for (const { secret } of keys) {
        const [byHttp, byMqtt] = [reading(1), reading(1)];
        expect((await deliver(device, byHttp, sign(secret, byHttp))).status).toBe(201);
        await publish5(device, byMqtt, sign(secret, byMqtt));
      }
      await vi.waitFor(async () => expect(await values(device)).toHaveLength(4), WAIT);
      const rows = await get<{ id: string; lookup: string; status: string }[]>(`${path}?kind=hmac`);
      expect(rows.map(({ lookup, status }) => [lookup, status])).toEqual([
        [credentials.hmac.keyId, 'live'],
        [old.keyId, 'ending'],
      ]);
      expect((await call('DELETE', `${path}/${rows[1]!.id}`)).status).toBe(204);
      const [late, now] = [reading(666), reading(2)];
      expect(await deliver(device, late, sign(old.secret, late))).toMatchObject({ code: 'SIGNATURE_INVALID' });
      await publish5(device, late, sign(old.secret, late));
      await publish5(device, now, sign(credentials.hmac.secret, now));
      await vi.waitFor(async () => expect(await values(device)).toHaveLength(5), WAIT);
      expect(await rejected(device)).toEqual(['SIGNATURE_INVALID']);
    });
  });

  it('tells how far the clock of a device is off', async () => {
    const device = await register('clock');
    const clock = () => get<{ skewMs: number | null; accepted: object }>(`/devices/${device.deviceId}/clock`);
    expect(await clock()).toMatchObject({ skewMs: null, accepted: { httpMs: [-300_000, 300_000] } });
    const body = reading(1);
    const ahead = sign(device.credentials.hmac.secret, body, Date.now() + 3_600_000);
    expect(await deliver(device, body, ahead)).toMatchObject({ code: 'SIGNATURE_EXPIRED' });
    await vi.waitFor(async () => expect((await clock()).skewMs).toBeGreaterThan(3_500_000), WAIT);
  });
});
