import { createHmac } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createAdmin } from '../../src/cli/create-admin.js';
import { newId } from '../../src/common/ids.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { ReferenceSeeder } from '../../src/database/seeders/reference.seeder.js';
import { Transactions } from '../../src/database/transaction.js';
import { CHIRPSTACK_EXAMPLE, TTS_EXAMPLE } from '../../src/readings/uplinks/uplink.schemas.js';
import { ApiClient, type ApiAnswer } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';

const ADMIN = { email: 'root@country.example', password: 'a long enough pass phrase' };
const WAIT = { timeout: 20_000, interval: 50 };
const LEVEL = 'water_level_cm';
const ACME = {
  format: 'json',
  records: '$.samples[*]',
  timestamp: { path: '@.t', unit: 's' },
  values: [{ path: '@.lvl', code: LEVEL, factor: 100 }],
};

interface Registered {
  readonly deviceId: string;
  readonly profileCode: string | null;
  readonly devEui: string | null;
  readonly version: number;
  readonly credentials: { readonly apiKey: string; readonly hmac?: { readonly secret: string } };
}

describeBothDatabases((db) => {
  let running: TestApp;
  let admin: ApiClient;
  let mqtt: MqttClient;
  let home: string;
  let other: string;
  let count = 0;

  beforeAll(async () => {
    await createAdmin(db.config(), { ...ADMIN, name: 'Root' });
    running = await startTestApp({ roles: ['api', 'ingest'], env: { DATABASE_URL: db.url } });
    await new ReferenceSeeder(running.app.get(Transactions), running.app.get(RegistryVersion)).run();
    admin = await ApiClient.signIn(running.url, ADMIN);
    const town = async (code: string) => (await admin.post<{ id: string }>('/municipalities', { code, name: code })).id;
    [home, other] = [await town('home'), await town('other')];
    mqtt = await connectAsync(process.env['TEST_MQTT_URL'] ?? '', { connectTimeout: 5_000 });
  });
  afterAll(async () => {
    await mqtt?.endAsync(true);
    await running?.close();
  });

  const register = (more: object = {}) => {
    const deviceId = `gauge-${db.kind}-${Date.now()}-${count++}`;
    const sensors = [LEVEL, 'temperature_c', 'signal_strength'].map((typeCode) => ({ typeCode }));
    return admin.post<Registered>('/devices/register', {
      deviceId,
      name: 'Gauge',
      municipalityId: home,
      sensors,
      ...more,
    });
  };
  const makeProfile = (code: string, definition: object = ACME) =>
    admin.post<{ id: string; version: number }>('/device-profiles', {
      code,
      name: code,
      municipalityId: home,
      definition,
    });
  const latest = async (deviceId: string, metric = LEVEL) => {
    const rows = await admin.get<{ metric: string; value: number; instant: string }[]>(
      `/readings/latest?deviceId=${deviceId}`,
    );
    const row = rows.find((one) => one.metric === metric && one.instant);
    return row && [row.value, row.instant];
  };
  const rejected = async (municipalityId = home) => {
    const rows = await admin.get<{ deviceId: string | null; code: string; reason: string; municipalityId?: string }[]>(
      `/readings/rejected?municipalityId=${municipalityId}`,
    );
    return rows.map(({ deviceId, code }) => [deviceId, code]);
  };
  const publish = (deviceId: string, payload: unknown) =>
    mqtt.publishAsync(`sensors/${deviceId}/data`, Buffer.isBuffer(payload) ? payload : JSON.stringify(payload), {
      qos: 1,
    });
  const seconds = (iso: string) => Date.parse(iso) / 1000;

  it("reads a vendor's messages by its profile, by MQTT and by HTTP, and by a changed one at once", async () => {
    const profile = await makeProfile('acme');
    const device = await register({ profileCode: 'acme' });
    expect(device.profileCode).toBe('acme');
    const first = '2026-03-01T06:00:00.000Z';
    await publish(device.deviceId, { samples: [{ t: seconds(first), lvl: 2.455 }] });
    await vi.waitFor(async () => expect(await latest(device.deviceId)).toEqual([245.5, first]), WAIT);

    const headers = { 'x-device-id': device.deviceId, 'x-api-key': device.credentials.apiKey };
    const byHttp = (t: number, lvl: unknown) =>
      new ApiClient(running.url).call<{ accepted: number; rejected: { code: string; reason: string }[] }>(
        'POST',
        '/readings',
        { headers, body: { samples: [{ t, lvl }] } },
      );
    const second = '2026-03-01T06:15:00.000Z';
    expect((await byHttp(seconds(second), 2.5)).data).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect((await byHttp(seconds(second), 2.5)).data).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await latest(device.deviceId)).toEqual([250, second]);
    expect((await byHttp(seconds(second), undefined)).data.rejected).toMatchObject([
      { code: 'MALFORMED_PAYLOAD', reason: 'the profile "acme" finds no value in the message' },
    ]);

    const values = [{ path: '@.lvl', code: LEVEL, factor: 10 }];
    const changed = await admin.call('PATCH', `/device-profiles/${profile.id}`, {
      body: { definition: { ...ACME, values }, version: profile.version },
    });
    expect(changed).toMatchObject({ status: 200, data: { version: 2 } });
    const third = '2026-03-01T06:30:00.000Z';
    await byHttp(seconds(third), 2.5);
    expect(await latest(device.deviceId)).toEqual([25, third]);

    const inUse = await admin.call('DELETE', `/device-profiles/${profile.id}`);
    expect([inUse.status, inUse.code]).toEqual([409, 'PROFILE_IN_USE']);
    const patched = await admin.call('PATCH', `/devices/${device.deviceId}`, { body: { profileCode: null } });
    expect(patched).toMatchObject({ status: 200, data: { profileCode: null } });
    expect((await admin.call('DELETE', `/device-profiles/${profile.id}`)).status).toBe(204);
    const fourth = '2026-03-01T06:45:00.000Z';
    await publish(device.deviceId, { timestamp: fourth, values: { [LEVEL]: 7 } });
    await vi.waitFor(async () => expect(await latest(device.deviceId)).toEqual([7, fourth]), WAIT);
  });

  it('reads ThingsBoard telemetry, SenML with other units, and bytes, by MQTT', async () => {
    const at = '2026-03-01T07:00:00.000Z';
    const thingsboard = await register({ profileCode: 'thingsboard' });
    await publish(thingsboard.deviceId, { ts: Date.parse(at), values: { [LEVEL]: 120.5, serial: 'A-17' } });
    await vi.waitFor(async () => expect(await latest(thingsboard.deviceId)).toEqual([120.5, at]), WAIT);

    const senml = await register();
    await publish(senml.deviceId, [{ bn: 'urn:dev:ow:1:', bt: seconds(at), n: LEVEL, u: 'm', v: 1.2 }]);
    await vi.waitFor(async () => expect(await latest(senml.deviceId)).toEqual([120, at]), WAIT);
    await publish(senml.deviceId, [{ n: LEVEL, u: 'Cel', v: 7 }]);
    await vi.waitFor(async () => expect(await rejected()).toContainEqual([senml.deviceId, 'INVALID_VALUE']), WAIT);

    const fields = [{ at: 4, type: 'i16', code: LEVEL, factor: 0.1 }];
    await makeProfile('bytes', { format: 'binary', frames: [{ length: 6, timestamp: { at: 0 }, fields }] });
    const binary = await register({ profileCode: 'bytes' });
    const payload = Buffer.alloc(6);
    payload.writeUInt32BE(seconds(at), 0);
    payload.writeInt16BE(1205, 4);
    await publish(binary.deviceId, payload);
    await vi.waitFor(async () => expect(await latest(binary.deviceId)).toEqual([120.5, at]), WAIT);
  });

  it('reads what a device has signed and wrapped, JSON and bytes, and nothing that it has not', async () => {
    await makeProfile('signed', ACME);
    await makeProfile('signed_bytes', {
      format: 'binary',
      frames: [{ fields: [{ at: 0, type: 'i16', code: LEVEL }] }],
    });
    const wrap = (secret: string, body: Buffer) => {
      const [timestamp, nonce] = [String(Date.now()), newId()];
      const hmac = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n`).update(body);
      return { payload: body.toString('base64'), timestamp, nonce, signature: hmac.digest('hex') };
    };
    const at = '2026-03-01T08:00:00.000Z';
    const json = Buffer.from(JSON.stringify({ samples: [{ t: seconds(at), lvl: 1.5 }] }));
    for (const [profileCode, body, expected] of [
      ['signed', json, 150],
      ['signed_bytes', Buffer.from([0, 99]), 99],
    ] as const) {
      const { deviceId, credentials } = await register({ profileCode, authMethods: ['api_key', 'hmac'] });
      await admin.call('PATCH', `/devices/${deviceId}`, { body: { signatureRequired: true } });
      const { secret } = credentials.hmac!;
      const tampered = { ...wrap(secret, body), payload: Buffer.from('{}').toString('base64') };
      for (const payload of [body, tampered, wrap('another secret', body)]) await publish(deviceId, payload);
      await publish(deviceId, wrap(secret, body));
      await vi.waitFor(async () => expect((await latest(deviceId))?.[0]).toBe(expected), WAIT);
      const refused = (await rejected()).filter(([id]) => id === deviceId).map(([, code]) => code);
      expect(refused.sort()).toEqual(['SIGNATURE_INVALID', 'SIGNATURE_INVALID', 'SIGNATURE_MISSING']);
    }
  });

  const makeSource = (kind: 'chirpstack' | 'tts', municipalityId: string) =>
    admin.post<{ id: string; token: string }>('/uplink-sources', { kind, name: kind, municipalityId });
  const deliver = (path: string, token: string, body: unknown): Promise<ApiAnswer<Record<string, unknown>>> =>
    new ApiClient(running.url, token).call('POST', `/uplinks/${path}`, { body });
  const sentBy = (devEui: string) => ({ ...CHIRPSTACK_EXAMPLE, deviceInfo: { devEui } });

  it('takes uplinks of ChirpStack and The Things Stack once each, with signal and battery', async () => {
    const device = await register({ devEui: '24E124136B502345' });
    expect(device.devEui).toBe('24e124136b502345');
    const chirpstack = await makeSource('chirpstack', home);
    const answer = await deliver('chirpstack?event=up', chirpstack.token, CHIRPSTACK_EXAMPLE);
    const { deviceId } = device;
    expect(answer).toMatchObject({ status: 200, data: { event: 'uplink', deviceId, accepted: 2, rejected: [] } });
    const again = await deliver('chirpstack?event=up', chirpstack.token, CHIRPSTACK_EXAMPLE);
    expect(again.data).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(await latest(deviceId)).toEqual([245.5, '2026-03-01T06:15:00.123Z']);
    expect(await latest(deviceId, 'signal_strength')).toEqual([-97, '2026-03-01T06:15:00.123Z']);
    const join = await deliver('chirpstack?event=join', chirpstack.token, {
      deviceInfo: CHIRPSTACK_EXAMPLE.deviceInfo,
    });
    expect(join).toMatchObject({ status: 200, data: { event: 'join', accepted: 0, rejected: [] } });
    const status = { deviceInfo: CHIRPSTACK_EXAMPLE.deviceInfo, batteryLevel: 66 };
    await deliver('chirpstack?event=status', chirpstack.token, status);
    const { health } = await admin.get<{ health: object }>(`/devices/${deviceId}`);
    expect(health).toMatchObject({ status: 'online', batteryLevel: 66, signalStrength: -97 });

    const tts = await makeSource('tts', home);
    const message = structuredClone(TTS_EXAMPLE);
    message.uplink_message.received_at = '2026-03-01T06:30:00.123456789Z';
    message.uplink_message.decoded_payload.water_level_cm = 250;
    expect((await deliver('tts', tts.token, message)).data).toMatchObject({ deviceId, accepted: 2 });
    expect(await latest(deviceId)).toEqual([250, '2026-03-01T06:30:00.123Z']);
    const wrongKind = await deliver('tts', chirpstack.token, message);
    expect([wrongKind.status, wrongKind.code]).toEqual([403, 'UPLINK_KIND_MISMATCH']);
  });

  it("never takes an uplink for another municipality's device, and says so to the one that sent it", async () => {
    const devEui = 'a84041000181c061';
    const device = await register({ devEui });
    const strange = await makeSource('chirpstack', other);
    const nothing = { deviceId: null, accepted: 0, rejected: [{ code: 'UNKNOWN_DEVICE' }] };
    expect(await deliver('chirpstack', strange.token, sentBy(devEui))).toMatchObject({ status: 200, data: nothing });
    expect(await rejected(other)).toEqual([[devEui, 'UNKNOWN_DEVICE']]);
    expect(await rejected(home)).not.toContainEqual([devEui, 'UNKNOWN_DEVICE']);
    expect(await latest(device.deviceId)).toBeUndefined();
    const taken = await admin.call('POST', '/devices/register', {
      body: { deviceId: `${device.deviceId}-b`, name: 'B', municipalityId: home, devEui: devEui.toUpperCase() },
    });
    expect([taken.status, taken.code]).toEqual([409, 'DEV_EUI_TAKEN']);
    // Whether another municipality has it is nobody's business.
    const own = await register({ devEui, municipalityId: other });
    expect((await deliver('chirpstack', strange.token, sentBy(devEui))).data).toMatchObject({ deviceId: own.deviceId });
    const patched = await admin.call('PATCH', `/devices/${(await register()).deviceId}`, { body: { devEui } });
    expect([patched.status, patched.code]).toEqual([409, 'DEV_EUI_TAKEN']);
  });

  it('lets nobody in without the right token, and takes nothing of a device that may not send', async () => {
    const devEui = 'a84041000181c062';
    const { deviceId } = await register({ devEui });
    const source = await makeSource('chirpstack', home);
    const half = source.token.slice(0, -1);
    for (const token of [half, `${half}!`, admin.token!, 'x', `${'x'.repeat(300)}`]) {
      expect((await deliver('chirpstack', token, sentBy(devEui))).status).toBe(401);
    }
    const rotated = await admin.post<{ token: string }>(`/uplink-sources/${source.id}/rotate`, {}, 200);
    expect((await deliver('chirpstack', source.token, sentBy(devEui))).status).toBe(401);
    const apiKey = { headers: { 'x-api-key': rotated.token }, body: sentBy(devEui) };
    expect((await new ApiClient(running.url).call('POST', '/uplinks/chirpstack', apiKey)).status).toBe(200);

    const lastSeen = async () => (await admin.get<{ health: { lastSeenAt: string } }>(`/devices/${deviceId}`)).health;
    const { lastSeenAt } = await lastSeen();
    await admin.call('PATCH', `/devices/${deviceId}`, { body: { signatureRequired: true } });
    const later = { ...sentBy(devEui), time: '2026-03-01T07:15:00Z' };
    const unsigned = await deliver('chirpstack', rotated.token, later);
    expect(unsigned.data['rejected']).toMatchObject([{ code: 'SIGNATURE_MISSING' }]);
    await deliver('chirpstack?event=status', rotated.token, { ...later, batteryLevel: 66 });
    expect(await lastSeen()).toMatchObject({ lastSeenAt, batteryLevel: null });
    await admin.post(`/devices/${deviceId}/deactivate`, {}, 200);
    const inactive = await deliver('chirpstack', rotated.token, later);
    expect(inactive.data['rejected']).toMatchObject([{ code: 'DEVICE_INACTIVE' }]);
    await admin.call('PATCH', `/uplink-sources/${source.id}`, { body: { enabled: false } });
    expect((await deliver('chirpstack', rotated.token, later)).status).toBe(401);
    const seen = await admin.get<object[]>(`/uplink-sources?municipalityId=${home}`);
    expect(JSON.stringify(seen)).not.toMatch(/hul_|sha256/);
    expect(await latest(deviceId)).toEqual([245.5, '2026-03-01T06:15:00.123Z']);
  });

  it('shows what a profile makes of a sample, and stores nothing', async () => {
    const profile = await makeProfile('acme_trial');
    const sample = {
      payload: {
        samples: [
          { t: 1_772_345_700, lvl: 2.455 },
          { t: 'x', lvl: 1 },
        ],
      },
    };
    const body = { ...sample, receivedAt: '2026-03-01T06:20:00.000Z' };
    const result = {
      sets: [{ index: 0, instant: '2026-03-01T06:15:00.000Z', values: { [LEVEL]: 245.5 } }],
      rejected: [{ index: 1, code: 'TIMESTAMP_INVALID' }],
    };
    expect(await admin.post(`/device-profiles/${profile.id}/test`, body, 200)).toMatchObject(result);
    expect(await admin.post('/device-profiles/test', { ...body, definition: ACME }, 200)).toMatchObject(result);
    const binary = { format: 'binary', frames: [{ fPort: 2, fields: [{ at: 0, type: 'u16', code: LEVEL }] }] };
    const bytes = { definition: binary, payload: '0009', encoding: 'hex', fPort: 2 };
    expect(await admin.post('/device-profiles/test', bytes, 200)).toMatchObject({ sets: [{ values: { [LEVEL]: 9 } }] });
    const odd = await admin.call('POST', '/device-profiles/test', { body: { ...bytes, payload: '000' } });
    expect(odd).toMatchObject({ status: 422 });
    const hostile = { format: 'json', values: [{ path: '$..*', code: LEVEL }] };
    const refused = await admin.call('POST', '/device-profiles', {
      body: { code: 'x', name: 'X', definition: hostile },
    });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'definition.values.0.path' }] } });
  });
});
