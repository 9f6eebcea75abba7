import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import type {
  DeviceCompletenessResponse,
  DeviceSummaryResponse,
  MunicipalityCompletenessResponse,
} from '../../src/readings/completeness/completeness.schemas.js';
import { DeliveryCounts } from '../../src/readings/completeness/delivery-counts.js';
import { UserService } from '../../src/users/user.service.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';

const PASSWORD = 'a long enough pass phrase';
const LEVEL = 'water_level_cm';
const WAIT = { timeout: 30_000, interval: 100 };
const QUARTER = 15 * 60_000;
const START = Date.UTC(2026, 2, 1);
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';
const DROPPED = [5, 17, 40, 41, 42, 77, 95];

const at = (slot: number): number => START + 7 * 60_000 + slot * QUARTER;
const named = DROPPED.map((slot) => new Date(at(slot)).toISOString());

describeBothDatabases((db) => {
  let test: TestApp;
  let devices: MqttClient;
  let engineer: ApiClient;
  let stranger: ApiClient;
  let home: string;
  let deviceId: string;

  beforeAll(async () => {
    const env = { DATABASE_URL: db.url, MQTT_SHARED_GROUP: `test-${newId()}` };
    test = await startTestApp({ env, roles: ['api', 'ingest'] });
    home = await createMunicipality(test.app);
    await test.app.get(SensorTypesService).create({ code: LEVEL, name: 'Water level', unit: 'cm' });
    engineer = await signIn('engineer', home);
    stranger = await signIn('stranger', await createMunicipality(test.app));
    devices = await connectAsync(process.env['TEST_MQTT_URL'] ?? '', { connectTimeout: 5_000 });
    deviceId = await register();
    const slots = Array.from({ length: 96 }, (_, slot) => slot).filter((slot) => !DROPPED.includes(slot));
    await publish(slots);
    // One comes again, and the numbers of those that never came are missing too.
    await publish(slots.slice(0, 1));
    await vi.waitFor(async () => {
      await test.app.get(DeliveryCounts, { strict: false }).flush();
      const { received, duplicates } = await ask();
      if (received !== 89 || duplicates !== 1) throw new Error(`${received} received, ${duplicates} again`);
    }, WAIT);
  });
  afterAll(async () => {
    await devices.endAsync(true);
    await test.close();
  });

  async function signIn(name: string, municipalityId: string): Promise<ApiClient> {
    const email = `${name}@example.org`;
    const users = test.app.get(UserService);
    await asTenant('all', () =>
      users.create({ email, name, password: PASSWORD, role: 'field_engineer', municipalityId }),
    );
    return ApiClient.signIn(test.url, { email, password: PASSWORD });
  }

  async function register(): Promise<string> {
    const id = `gauge-${newId().slice(-10)}`;
    const sensors = [{ typeCode: LEVEL }];
    const body = { deviceId: id, name: 'Gauge', authMethods: ['api_key'], sensors, reportingIntervalSeconds: 900 };
    await engineer.post('/devices/register', body);
    return id;
  }

  async function publish(slots: readonly number[]): Promise<void> {
    const bodies = slots.map((slot) => ({ timestamp: at(slot), seq: 1_000 + slot, values: { [LEVEL]: slot } }));
    await Promise.all(
      bodies.map((body) => devices.publishAsync(`sensors/${deviceId}/data`, JSON.stringify(body), { qos: 1 })),
    );
  }

  const ask = () => engineer.get<DeviceCompletenessResponse>(`/devices/${deviceId}/completeness?${RANGE}`);

  async function file(path: string): Promise<string[]> {
    const headers = { authorization: `Bearer ${engineer.token}` };
    const response = await fetch(`${test.url}/api/v1${path}`, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    return (await response.text()).trimEnd().split('\r\n');
  }

  it('drops 7 of 96 messages: 92.7 %, and exactly those 7 slots are named', async () => {
    const answer = await ask();
    expect([answer.expected, answer.received, answer.percent]).toEqual([96, 89, 92.7]);
    expect(answer.gaps.map(({ expectedAt }) => expectedAt)).toEqual(named);
    expect(answer).toMatchObject({ reportingIntervalSeconds: 900, gapsTruncated: false, duplicates: 1 });
    // The last number of the day is not missed before a later one came.
    expect(answer.sequence).toEqual({ received: 89, lost: 6, restarts: 0, repeated: 0 });
    expect(answer.sequenceGaps.map(({ fromSeq, toSeq }) => [fromSeq, toSeq])).toEqual([
      [1_005, 1_005],
      [1_017, 1_017],
      [1_040, 1_042],
      [1_077, 1_077],
    ]);
    expect(answer.hours.reduce((sum, { expected }) => sum + expected, 0)).toBe(96);
    expect(answer.days).toMatchObject([{ expected: 96, received: 89, percent: 92.7 }]);
  });

  it('tells it of the municipality and of its devices, the worst first', async () => {
    const whole = await engineer.get<MunicipalityCompletenessResponse>(`/municipalities/${home}/completeness?${RANGE}`);
    expect(whole).toMatchObject({
      expected: 96,
      received: 89,
      percent: 92.7,
      devices: 1,
      incomplete: 1,
      duplicates: 1,
    });
    const list = await engineer.get<DeviceSummaryResponse[]>(`/completeness/devices?${RANGE}&municipalityId=${home}`);
    expect(list).toMatchObject([{ deviceId, expected: 96, received: 89, percent: 92.7 }]);
  });

  it('hands all of it out as CSV', async () => {
    const [header, ...hours] = await file(`/devices/${deviceId}/completeness/export?${RANGE}`);
    expect(header).toContain('device_id,start,expected,received,missing,percent,duplicates,late,');
    expect(hours).toHaveLength(24);
    expect(hours.flatMap((line) => (line.split(',').at(-1) ?? '').split(' ')).filter(Boolean)).toEqual(named);
    const [, device] = await file(`/completeness/devices/export?${RANGE}`);
    expect(device).toContain(`${deviceId},Gauge,${home},900,96,89,7,92.7,`);
    expect(await file(`/municipalities/${home}/completeness/export?${RANGE}`)).toEqual([
      'municipality_id,start,expected,received,missing,percent',
      `${home},2026-03-01T00:00:00.000Z,96,89,7,92.7`,
    ]);
  });

  it('closes gaps when the messages come after all', async () => {
    await publish(DROPPED);
    await expect.poll(async () => (await ask()).percent, WAIT).toBe(100);
    await expect.poll(async () => (await ask()).sequence?.lost, WAIT).toBe(0);
    expect((await ask()).gaps).toEqual([]);
  });

  it('keeps the reporting interval with the device', async () => {
    interface Interval {
      readonly reportingIntervalSeconds: number | null;
    }
    expect((await engineer.get<Interval>(`/devices/${deviceId}`)).reportingIntervalSeconds).toBe(900);
    const patched = await engineer.call<Interval>('PATCH', `/devices/${deviceId}`, {
      body: { reportingIntervalSeconds: 300 },
    });
    expect([patched.status, patched.data.reportingIntervalSeconds]).toEqual([200, 300]);
    // What was expected in the past stays as it was.
    expect(await ask()).toMatchObject({ reportingIntervalSeconds: 300, expected: 96, percent: 100 });
    const wrong = await engineer.call('PATCH', `/devices/${deviceId}`, { body: { reportingIntervalSeconds: 0 } });
    expect(wrong.status).toBe(422);
  });

  it('shows nothing to strangers, and says what cannot be asked', async () => {
    const status = async (as: ApiClient, path: string) => (await as.call('GET', path)).status;
    expect(await status(stranger, `/devices/${deviceId}/completeness?${RANGE}`)).toBe(404);
    expect(await status(stranger, `/devices/${deviceId}/completeness/export?${RANGE}`)).toBe(404);
    expect(await status(stranger, `/municipalities/${home}/completeness?${RANGE}`)).toBe(404);
    expect(await stranger.get(`/completeness/devices?${RANGE}&municipalityId=${home}`)).toEqual([]);
    expect(await status(new ApiClient(test.url), `/completeness/devices?${RANGE}`)).toBe(401);
    const long = await engineer.call('GET', `/completeness/devices?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z`);
    expect([long.status, long.code]).toEqual([422, 'RANGE_TOO_LARGE']);
    expect(await status(engineer, `/devices/${deviceId}/completeness?resolution=week`)).toBe(422);
    expect(await status(engineer, '/completeness/devices?cursor=WzFd')).toBe(400);
  });
});
