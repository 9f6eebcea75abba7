import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { UserService } from '../../src/users/user.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { createDatabase, dropDatabase } from '../support/database-servers.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';

const PASSWORD = 'a long enough pass phrase';
const HOOK_TOKEN = 'broker-hook-token-of-the-tests';
const WAIT = { timeout: 20_000, interval: 50 };

interface Answer {
  status: number;
  type: string | null;
  body: {
    data?: unknown;
    meta?: { requestId: string; page?: { limit: number; nextCursor: string | null } };
    code?: string;
    result?: string;
  };
}

describe('devices through HTTP and MQTT', () => {
  let url: string;
  let test: TestApp;
  let mqtt: MqttClient;
  let home: string;
  let other: string;
  const tokens = new Map<string, string>();
  const suffix = newId().slice(-10);

  beforeAll(async () => {
    url = await createDatabase('postgres');
    test = await startTestApp({ env: { DATABASE_URL: url, BROKER_HOOK_TOKEN: HOOK_TOKEN }, roles: ['api', 'ingest'] });
    home = await createMunicipality(test.app);
    other = await createMunicipality(test.app);
    await test.app.get(SensorTypesService).create({ code: 'water_level_cm', name: 'Water level', unit: 'cm' });
    await signIn('root', 'super_admin', null);
    await signIn('engineer', 'field_engineer', home);
    await signIn('analyst', 'analyst', home);
    await signIn('stranger', 'municipality_admin', other);
    mqtt = await connectAsync(process.env['TEST_MQTT_URL'] ?? '', { connectTimeout: 5_000 });
  });
  afterAll(async () => {
    await mqtt.endAsync(true);
    await test.close();
    await dropDatabase('postgres', url);
  });

  async function signIn(name: string, role: RoleCode, municipalityId: string | null): Promise<void> {
    const email = `${name}@example.org`;
    await asTenant('all', () =>
      test.app.get(UserService).create({ email, name, password: PASSWORD, role, municipalityId }),
    );
    const { body } = await call('POST', '/auth/login', { body: { email, password: PASSWORD } });
    tokens.set(name, (body.data as { accessToken: string }).accessToken);
  }

  async function call(
    method: string,
    path: string,
    options: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const token = options.as === undefined ? undefined : tokens.get(options.as);
    const response = await fetch(`${test.url}/api/v1${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...options.headers,
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Answer['body'];
    return { status: response.status, type: response.headers.get('content-type'), body };
  }

  interface Registered {
    deviceId: string;
    municipalityId: string;
    status: string;
    sensors: { id: string; code: string }[];
    credentials: {
      apiKey: string;
      mqtt: { username: string; password: string };
      hmac: { keyId: string; secret: string };
    };
  }

  async function register(name: string): Promise<Registered> {
    const body = {
      deviceId: `${name}-${suffix}`,
      name,
      authMethods: ['api_key', 'mqtt', 'hmac'],
      sensors: [{ typeCode: 'water_level_cm' }],
      heartbeatIntervalSeconds: 600,
    };
    const answer = await call('POST', '/devices/register', { as: 'engineer', body });
    expect(answer.status).toBe(201);
    return answer.body.data as Registered;
  }

  it('registers a device and never shows its secrets again', async () => {
    const device = await register('first');
    expect(device).toMatchObject({ municipalityId: home, status: 'active', sensors: [{ code: 'water_level_cm' }] });
    const { apiKey, mqtt: user, hmac } = device.credentials;
    const paths = [`/devices/${device.deviceId}`, '/devices', '/sensors', `/devices/health/check/${device.deviceId}`];
    for (const path of paths) {
      const answer = await call('GET', path, { as: 'engineer' });
      expect(answer.status).toBe(200);
      const text = JSON.stringify(answer.body);
      for (const secret of [apiKey, user.password, hmac.secret, 'sha256', 'secret']) expect(text).not.toContain(secret);
    }
    const detail = await call('GET', `/devices/${device.deviceId}`, { as: 'engineer' });
    expect(detail.body.data).toMatchObject({
      deviceId: device.deviceId,
      authMethods: ['api_key', 'hmac', 'mqtt'],
      health: { status: 'never_seen', lastSeenAt: null },
    });
  });

  it('answers problems with their codes', async () => {
    const { deviceId } = await register('problems');
    const engineer = (body: unknown) => call('POST', '/devices/register', { as: 'engineer', body });
    const base = { deviceId: `new-${suffix}`, name: 'New' };
    expect(await engineer({ ...base, deviceId })).toMatchObject({
      status: 409,
      body: { code: 'DEVICE_ALREADY_EXISTS' },
    });
    expect(await engineer({ deviceId: 'a b' })).toMatchObject({
      status: 422,
      type: expect.stringContaining('application/problem+json'),
      body: { code: 'VALIDATION_FAILED' },
    });
    expect(await engineer({ ...base, municipalityId: other })).toMatchObject({ status: 404 });
    expect(await call('GET', '/devices/no-such-device', { as: 'engineer' })).toMatchObject({
      status: 404,
      body: { code: 'DEVICE_NOT_FOUND' },
    });
    expect(await call('GET', '/devices?cursor=nonsense', { as: 'engineer' })).toMatchObject({ status: 400 });
    expect(await call('GET', '/devices?limit=0', { as: 'engineer' })).toMatchObject({ status: 422 });
  });

  it('lets in only those who may', async () => {
    const { deviceId, sensors } = await register('rights');
    const attempts: [string, string, unknown?][] = [
      ['GET', '/devices'],
      ['GET', `/devices/${deviceId}`],
      ['PATCH', `/devices/${deviceId}`, { name: 'x' }],
      ['DELETE', `/devices/${deviceId}`],
      ['POST', `/devices/${deviceId}/deactivate`],
      ['POST', `/devices/${deviceId}/reactivate`],
      ['POST', `/devices/${deviceId}/refresh-api-key`, {}],
      ['GET', `/devices/health/check/${deviceId}`],
      ['POST', '/devices/register', { deviceId: 'abc', name: 'x' }],
      ['GET', '/sensors'],
      ['GET', `/sensors/${sensors[0]?.id ?? ''}`],
      ['POST', '/sensors', { deviceId, typeCode: 'water_level_cm', code: 'x' }],
      ['PATCH', `/sensors/${sensors[0]?.id ?? ''}`, { name: 'x' }],
      ['GET', '/sensor-types'],
      ['POST', '/sensor-types', { code: 'x', name: 'x', unit: 'x' }],
      ['POST', '/broker/auth', {}],
      ['POST', '/broker/acl', {}],
    ];
    for (const [method, path, body] of attempts) {
      expect([method, path, (await call(method, path, { body })).status]).toEqual([method, path, 401]);
      const isRead = method === 'GET';
      const analyst = (await call(method, path, { as: 'analyst', body })).status;
      expect([method, path, analyst]).toEqual([method, path, isRead ? 200 : path.startsWith('/broker') ? 401 : 403]);
      if (!path.includes(deviceId) && !path.includes(sensors[0]?.id ?? '?')) continue;
      const stranger = (await call(method, path, { as: 'stranger', body })).status;
      expect([method, path, stranger]).toEqual([method, path, 404]);
    }
    const types = (as: string) =>
      call('POST', '/sensor-types', { as, body: { code: 'ice_cm', name: 'Ice', unit: 'cm' } });
    expect((await types('engineer')).status).toBe(403);
    expect((await types('root')).status).toBe(201);
    expect(await call('PATCH', '/sensor-types/ice_cm', { as: 'root', body: { precision: 0 } })).toMatchObject({
      status: 200,
      body: { data: { code: 'ice_cm', precision: 0 } },
    });
  });

  it('authenticates devices, and answers unknown and wrong alike', async () => {
    const { deviceId, credentials } = await register('authenticate');
    const authenticate = (body: unknown) => call('POST', '/devices/authenticate', { body });
    for (const body of [
      { deviceId, apiKey: credentials.apiKey },
      { deviceId, ...credentials.mqtt },
    ]) {
      expect(await authenticate(body)).toMatchObject({
        status: 200,
        body: { data: { authenticated: true, device: { deviceId } } },
      });
    }
    const wrong = [
      { deviceId, apiKey: 'wrong' },
      { deviceId, apiKey: `${credentials.apiKey.slice(0, -4)}AAAA` },
      { deviceId: 'no-such-device', apiKey: credentials.apiKey },
      { deviceId, username: credentials.mqtt.username, password: 'wrong' },
      { deviceId, username: deviceId, password: credentials.mqtt.password },
      { deviceId, username: 'no-such-device', password: credentials.mqtt.password },
      { deviceId: 'no-such-device', ...credentials.mqtt },
      { deviceId, certificatePem: 'x' },
    ];
    const answers = await Promise.all(wrong.map(authenticate));
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      expect({ ...body, requestId: '' }).toEqual({ ...answers[0]?.body, requestId: '' });
    }
    expect(await authenticate({ deviceId })).toMatchObject({ status: 422 });
  });

  it('renews an API key and stops a device', async () => {
    const { deviceId, credentials } = await register('renewed');
    const works = async (apiKey: string) =>
      (await call('POST', '/devices/authenticate', { body: { deviceId, apiKey } })).status === 200;
    const refresh = await call('POST', `/devices/${deviceId}/refresh-api-key`, { as: 'engineer' });
    expect(refresh.status).toBe(200);
    const { apiKey } = refresh.body.data as { apiKey: string };
    expect([await works(credentials.apiKey), await works(apiKey)]).toEqual([false, true]);
    expect(await call('POST', `/devices/${deviceId}/deactivate`, { as: 'engineer' })).toMatchObject({
      status: 200,
      body: { data: { status: 'deactivated' } },
    });
    expect(await works(apiKey)).toBe(false);
    await call('POST', `/devices/${deviceId}/reactivate`, { as: 'engineer' });
    expect(await works(apiKey)).toBe(true);
    expect((await call('DELETE', `/devices/${deviceId}`, { as: 'engineer' })).status).toBe(204);
    expect((await call('GET', `/devices/${deviceId}`, { as: 'engineer' })).status).toBe(404);
  });

  it('answers a broker in its own format', async () => {
    const { deviceId, credentials } = await register('hooked');
    const ask = (path: string, body: unknown, token = HOOK_TOKEN) =>
      call('POST', path, { body, headers: { authorization: `Bearer ${token}` } });
    const auth = { clientid: deviceId, ...credentials.mqtt };
    const acl = {
      clientid: deviceId,
      username: credentials.mqtt.username,
      topic: `sensors/${deviceId}/data`,
      action: 'publish',
    };
    expect(await ask('/broker/auth', auth)).toMatchObject({ status: 200, body: { result: 'allow' } });
    expect((await ask('/broker/auth', auth)).body).toEqual({ result: 'allow', is_superuser: false });
    expect((await ask('/broker/auth', { ...auth, clientid: 'any' })).body).toMatchObject({ result: 'deny' });
    expect((await ask('/broker/auth', { ...auth, password: 'wrong' })).body).toEqual({
      result: 'deny',
      is_superuser: false,
    });
    expect((await ask('/broker/acl', acl)).body).toEqual({ result: 'allow' });
    expect((await ask('/broker/acl', { ...acl, action: 'subscribe' })).body).toEqual({ result: 'deny' });
    for (const body of [{}, { username: 5 }, { ...acl, action: 'all' }, { ...acl, topic: null }]) {
      expect(await ask('/broker/acl', body)).toMatchObject({ status: 200, body: { result: 'deny' } });
      expect(await ask('/broker/auth', body)).toMatchObject({ status: 200, body: { result: 'deny' } });
    }
    expect((await ask('/broker/auth', auth, 'another-token-of-the-tests')).status).toBe(401);
  });

  it('follows the life of a device over MQTT', async () => {
    const { deviceId } = await register('alive');
    const health = async () =>
      (await call('GET', `/devices/health/check/${deviceId}`, { as: 'analyst' })).body.data as Record<string, unknown>;
    const publish = (kind: string, payload: unknown) =>
      mqtt.publishAsync(`sensors/${deviceId}/${kind}`, JSON.stringify(payload), { qos: 1 });

    await publish('status', { status: 'online', battery_level: 87.5, firmware: '2.4.1' });
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'online', batteryLevel: 87.5 }), WAIT);
    await publish('status', { status: 'offline', message: 'connection lost' });
    await vi.waitFor(
      async () => expect(await health()).toMatchObject({ status: 'offline', message: 'connection lost' }),
      WAIT,
    );
    await publish('heartbeat', {});
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'online' }), WAIT);
    await publish('status', { status: 'offline' });
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'offline' }), WAIT);
    await publish('data', { water_level_cm: 45.5 });
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'online', firmware: '2.4.1' }), WAIT);
    const refused = await call('DELETE', `/devices/${deviceId}`, { as: 'engineer' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'DEVICE_HAS_HISTORY' } });
  });
});
