import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { newId } from '../../src/common/ids.js';
import { AppConfig } from '../../src/config/app-config.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { ReferenceSeeder } from '../../src/database/seeders/reference.seeder.js';
import { Transactions } from '../../src/database/transaction.js';
import type { CommandResponse } from '../../src/devices/commands/command.schemas.js';
import { Device } from '../../src/devices/device.entity.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { accessTokenOf } from '../support/access-tokens.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';
import { LiveClient, makeUser } from '../support/live-app.js';

const WAIT = { timeout: 30_000, interval: 50 };
/** A broker forgets a message some time after it has expired, by its own clock of whole seconds. */
const BROKER_LAG_MS = 2_500;

interface Told {
  commandId: string;
  name: string;
  payload: unknown;
  expiresAt: string;
}

/** A device with a session of its own, as real ones have: what comes while it is away is kept for it. */
class PersistentDevice {
  readonly told: Told[] = [];
  private client: MqttClient | undefined;

  constructor(
    readonly id: string,
    private readonly url: string,
    /** What it answers; undefined: nothing. */
    private readonly answer: (told: Told) => object | undefined = () => undefined,
  ) {}

  async connect(): Promise<void> {
    const properties = { sessionExpiryInterval: 600 };
    const session = { clientId: this.id, clean: false, protocolVersion: 5 as const, properties };
    // The library leaves out what it has subscribed to before, unless it is told to subscribe to nothing by itself.
    const client = (this.client = mqtt.connect(this.url, { ...session, reconnectPeriod: 100, resubscribe: false }));
    client.on('message', (_topic, payload) => {
      const told = JSON.parse(payload.toString()) as Told;
      this.told.push(told);
      const answer = this.answer(told);
      if (answer !== undefined) this.say({ commandId: told.commandId, ...answer });
    });
    // At every connection: a broker that was killed may have the session back, and not what it was subscribed to.
    const subscribed = () => client.subscribeAsync(`system/${this.id}/command`, { qos: 1 });
    await new Promise<void>((resolve, reject) => {
      client.on('connect', () => void subscribed().then(() => resolve(), reject));
    });
  }

  say(answer: object): void {
    this.client!.publish(`system/${this.id}/response`, JSON.stringify(answer), { qos: 1 });
  }

  /** Goes without a word; its session stays. */
  async leave(): Promise<void> {
    await this.client?.endAsync(true);
  }
}

describeBothDatabases((db) => {
  let broker: Service;
  let one: TestApp;
  let two: TestApp;
  let home: string;
  let engineer: string;
  let devices: PersistentDevice[];

  beforeAll(async () => {
    // It remembers its sessions when it is killed.
    broker = await startMosquitto({ autosaveEvery: 1 });
    // Without a shared group both hear every answer, and the second one to come changes nothing.
    const env = { DATABASE_URL: db.url, MQTT_URL: broker.url };
    one = await startTestApp({ env, roles: ['api', 'ingest'] });
    two = await startTestApp({ env, roles: ['api', 'ingest'] });
    await new ReferenceSeeder(one.app.get(Transactions), one.app.get(RegistryVersion)).run();
    home = await createMunicipality(one.app);
    engineer = await tokenOf('field_engineer', home);
  });
  afterAll(async () => {
    await one?.close();
    await two?.close();
    await broker?.stop();
  });
  beforeEach(() => {
    devices = [];
  });
  afterEach(async () => {
    for (const device of devices) await device.leave();
  });

  async function tokenOf(role: RoleCode, municipalityId: string): Promise<string> {
    const subject = await makeUser(db.transactions, role, municipalityId);
    return accessTokenOf(db.transactions, one.app.get(AppConfig).auth.jwtSecret, { subject, expiresIn: 900 });
  }

  async function makeDevice(answer?: (told: Told) => object | undefined): Promise<PersistentDevice> {
    const id = `valve-${newId().slice(-12)}`;
    const em = db.orm.em.fork();
    em.create(Device, { id, municipalityId: home, name: id });
    await asTenant('all', () => em.flush());
    const device = new PersistentDevice(id, broker.url, answer);
    devices.push(device);
    return device;
  }

  const api = (app: TestApp = one, token = engineer) => new ApiClient(app.url, token);
  const open = (device: PersistentDevice, more: object = {}, app = one) =>
    api(app).post<CommandResponse>(`/devices/${device.id}/commands`, { name: 'open', payload: { valve: 3 }, ...more });
  const get = (device: PersistentDevice, { commandId }: CommandResponse) =>
    api(two).get<CommandResponse>(`/devices/${device.id}/commands/${commandId}`);

  async function becomes(device: PersistentDevice, command: CommandResponse, status: string): Promise<CommandResponse> {
    await vi.waitFor(async () => expect(await get(device, command)).toMatchObject({ status }), WAIT);
    return get(device, command);
  }

  it('tells a device what to do, and people what it answered, live as well', async () => {
    const device = await makeDevice(({ payload }) => ({ status: 'ok', result: { did: payload } }));
    await device.connect();
    const live = new LiveClient(two.url, engineer);
    await live.connected();
    expect(await live.subscribe(['devices'])).toMatchObject({ ok: true });
    const command = await open(device, { timeoutSeconds: 120 });
    expect(command).toMatchObject({ status: 'queued', attempts: 0, timeoutSeconds: 120 });
    const done = await becomes(device, command, 'succeeded');
    expect(done).toMatchObject({
      attempts: 1,
      late: false,
      result: { did: { valve: 3 } },
      requestedBy: expect.any(String),
    });
    const { commandId, expiresAt } = command;
    expect(device.told).toEqual([{ commandId, name: 'open', payload: { valve: 3 }, expiresAt }]);
    await vi.waitFor(() => expect(JSON.stringify(live.data)).toContain('succeeded'), WAIT);
    const told = live.data as { deviceId: string; change: string; command?: { commandId: string; status: string } }[];
    const statuses = told.flatMap((data) => (data.command?.commandId === commandId ? [data.command.status] : []));
    // The answer may overtake the broker's word that it has the command.
    expect(statuses.filter((status) => status !== 'sent')).toEqual(['queued', 'succeeded']);
    live.socket.disconnect();
    const { data: history } = await api().call<CommandResponse[]>(
      'GET',
      `/devices/${device.id}/commands?status=succeeded`,
    );
    expect(history.map((one) => one.commandId)).toEqual([commandId]);
  });

  it('reaches a device that comes back in time, and spares it what is over', async () => {
    const device = await makeDevice(() => ({ status: 'ok' }));
    await device.connect();
    await device.leave();
    const short = await open(device, { name: 'too_late', timeoutSeconds: 1 });
    const long = await open(device, { name: 'in_time', timeoutSeconds: 600 });
    await becomes(device, short, 'timed_out');
    expect(await becomes(device, long, 'sent')).toMatchObject({ respondedAt: null });
    const forgotten = new Date(short.expiresAt).getTime() + BROKER_LAG_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, forgotten - Date.now())));
    await device.connect();
    await becomes(device, long, 'succeeded');
    expect(device.told.map(({ name }) => name)).toEqual(['in_time']);
  });

  it('waits for a broker that is away, and reaches the device once when it is back', async () => {
    const device = await makeDevice(() => ({ status: 'ok' }));
    await device.connect();
    await broker.kill();
    const over = await open(device, { timeoutSeconds: 1 });
    // A broker that is killed may forget the session of the device: whoever wants to be sure lets commands be repeated.
    const waiting = await open(device, { name: 'close', timeoutSeconds: 50, maxAttempts: 5 }, two);
    await becomes(device, over, 'expired');
    expect(await get(device, waiting)).toMatchObject({ status: 'queued', attempts: 0 });
    await broker.restart();
    await becomes(device, waiting, 'succeeded');
    expect(device.told.map(({ name }) => name)).toEqual(['close']);
    expect(await get(device, over)).toMatchObject({ status: 'expired', sentAt: null });
  });

  it('sends each of 100 commands once, made in two instances and sent by whichever comes first', async () => {
    const device = await makeDevice(() => ({ status: 'ok' }));
    await device.connect();
    const made: CommandResponse[] = [];
    for (let i = 0; i < 10; i++) {
      const some = Array.from({ length: 10 }, (_, k) => open(device, { name: `n${i}-${k}` }, k % 2 ? one : two));
      made.push(...(await Promise.all(some)));
    }
    await vi.waitFor(async () => {
      const path = `/devices/${device.id}/commands?status=succeeded&limit=500`;
      expect(await api().get<unknown[]>(path)).toHaveLength(100);
    }, WAIT);
    expect(device.told.map(({ commandId }) => commandId).sort()).toEqual(made.map(({ commandId }) => commandId).sort());
  });

  it('shows an answer that comes late, and who said what to nothing', async () => {
    const device = await makeDevice();
    await device.connect();
    const command = await open(device, { timeoutSeconds: 1 });
    await becomes(device, command, 'timed_out');
    device.say({ commandId: command.commandId, status: 'rejected', error: 'valve is locked' });
    expect(await becomes(device, command, 'rejected')).toMatchObject({ late: true, error: 'valve is locked' });
    device.say({ commandId: newId(), status: 'ok' });
    await vi.waitFor(async () => {
      const rejected = await api().get<{ code: string }[]>(`/readings/rejected?deviceId=${device.id}`);
      expect(new Set(rejected.map(({ code }) => code))).toEqual(new Set(['UNKNOWN_COMMAND']));
    }, WAIT);
  });

  it('tells a group', async () => {
    const members = [await makeDevice(() => ({ status: 'ok' })), await makeDevice(() => ({ status: 'error' }))];
    for (const member of members) await member.connect();
    const deviceIds = members.map(({ id }) => id);
    const { id } = await api().post<{ id: string }>('/device-groups', { name: newId(), deviceIds });
    const headers = { 'idempotency-key': newId() };
    const body = { name: 'open', timeoutSeconds: 60 };
    const send = () => api().call<{ batchId: string }>('POST', `/device-groups/${id}/commands`, { body, headers });
    const first = await send();
    expect(first).toMatchObject({ status: 201, data: { total: 2, skipped: [] } });
    await vi.waitFor(async () => {
      const batch = await api(two).get(`/device-groups/${id}/commands/${first.data.batchId}`);
      expect(batch).toMatchObject({ counts: { succeeded: 1, failed: 1 } });
    }, WAIT);
    expect((await send()).data.batchId).toBe(first.data.batchId);
    expect(members.map(({ told }) => told.length)).toEqual([1, 1]);
  });

  it('asks who may send, once per key, and refuses for a device that is switched off', async () => {
    const device = await makeDevice();
    const path = `/devices/${device.id}/commands`;
    const body = { name: 'open' };
    const analyst = api(one, await tokenOf('analyst', home));
    expect(await analyst.call('POST', path, { body })).toMatchObject({ status: 403 });
    const stranger = api(one, await tokenOf('operator', await createMunicipality(one.app)));
    expect(await stranger.call('POST', path, { body })).toMatchObject({ status: 404, code: 'DEVICE_NOT_FOUND' });
    const operator = api(two, await tokenOf('operator', home));
    const headers = { 'idempotency-key': 'a-key' };
    const first = await operator.call<CommandResponse>('POST', path, { body, headers });
    const again = await operator.call<CommandResponse>('POST', path, { body, headers });
    expect([first.status, again.status, again.data.commandId]).toEqual([201, 201, first.data.commandId]);
    const other = { body: { name: 'close' }, headers };
    expect(await operator.call('POST', path, other)).toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_REUSED' });
    const bad = { body, headers: { 'idempotency-key': 'a b' } };
    expect(await operator.call('POST', path, bad)).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_INVALID' });
    expect(await analyst.call('GET', path)).toMatchObject({ status: 200 });
    const cancel = `${path}/${first.data.commandId}/cancel`;
    expect(await analyst.call('POST', cancel)).toMatchObject({ status: 403 });
    expect(await operator.call('POST', cancel)).toMatchObject({ status: 200, data: { status: 'cancelled' } });
    await api().post(`/devices/${device.id}/deactivate`, {}, 200);
    expect(await operator.call('POST', path, { body })).toMatchObject({ status: 409, code: 'DEVICE_INACTIVE' });
    for (const wrong of [{}, { name: '' }, { name: 'a', timeoutSeconds: 0 }, { name: 'a', timeoutSeconds: 604_801 }]) {
      expect(await operator.call('POST', path, { body: wrong })).toMatchObject({ status: 422 });
    }
  });
});
