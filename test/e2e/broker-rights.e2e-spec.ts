import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { AppConfig } from '../../src/config/app-config.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { accessTokenOf } from '../support/access-tokens.js';
import { describeBothDatabases } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';
import { makeUser } from '../support/live-app.js';
import { SecuredBroker } from '../support/secured-broker.js';

const WAIT = { timeout: 20_000, interval: 20 };

interface Credentials {
  mqtt: { username: string; password: string };
}
interface Registered {
  deviceId: string;
  credentials: Credentials;
}

describeBothDatabases((db) => {
  let broker: SecuredBroker;
  const apps: TestApp[] = [];
  let api: ApiClient;
  let secondApi: ApiClient;
  let home: string;
  let deviceId: string;

  beforeAll(async () => {
    broker = await SecuredBroker.start();
    for (const n of [1, 2]) {
      apps.push(
        await startTestApp({
          env: { DATABASE_URL: db.url, ...broker.environment, MQTT_CLIENT_ID: `hydroalert-${n}` },
          roles: ['api', 'ingest'],
        }),
      );
    }
    const [first, second] = apps as [TestApp, TestApp];
    await asTenant('all', () =>
      first.app.get(SensorTypesService).create({ code: 'water_level_cm', name: 'Water level', unit: 'cm' }),
    );
    home = await createMunicipality(first.app);
    const { auth } = first.app.get(AppConfig);
    const subject = await makeUser(db.transactions, 'super_admin', null);
    const token = await accessTokenOf(db.transactions, auth.jwtSecret, { subject, expiresIn: 3600 });
    api = new ApiClient(first.url, token);
    secondApi = new ApiClient(second.url, token);
  });
  afterAll(async () => {
    for (const { close } of apps) await close();
    await broker.stop();
  });
  beforeEach(() => {
    deviceId = `gauge-${newId().slice(-12)}`;
  });
  afterEach(() => inStep());

  const register = (id = deviceId, municipalityId = home): Promise<Registered> =>
    api.post('/devices/register', {
      deviceId: id,
      name: 'Gauge',
      municipalityId,
      authMethods: ['mqtt'],
      sensors: [{ typeCode: 'water_level_cm' }],
    });

  const connect = ({ deviceId: clientId, credentials }: Registered): Promise<MqttClient> =>
    broker.connect({ clientId, ...credentials.mqtt });

  /** The device's session, as soon as the broker lets it in. */
  async function connectSoon(device: Registered): Promise<MqttClient> {
    return vi.waitFor(() => connect(device), WAIT);
  }

  const closed = (client: MqttClient): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

  /** Nothing waits for the broker, and the last comparison is over. */
  async function inStep(): Promise<void> {
    await vi.waitFor(async () => {
      const { rows } = await db.transactions.query('select id from broker_changes where due_at <= ?', [
        db.dialect.instant(Date.now()),
      ]);
      expect(rows).toEqual([]);
    }, WAIT);
  }

  it('lets a new device publish at once, and nothing but its own', async () => {
    const neighbour = await register(`${deviceId}-b`);
    const device = await register();
    const client = await connectSoon(device);
    await client.publishAsync(`sensors/${deviceId}/data`, '{"water_level_cm": 12}', { qos: 1 });
    await vi.waitFor(async () => {
      const latest = await api.get<{ deviceId: string }[]>(`/readings/latest?deviceId=${deviceId}`);
      expect(latest).toHaveLength(1);
    }, WAIT);
    await expect(client.subscribeAsync(`system/${deviceId}/command`, { qos: 1 })).resolves.toHaveLength(1);
    for (const topic of [`system/${neighbour.deviceId}/command`, 'system/+/command', '#', '$CONTROL/#', 'sensors/#']) {
      await expect(client.subscribeAsync(topic), topic).rejects.toThrow();
    }
    for (const topic of [
      `sensors/${neighbour.deviceId}/data`,
      `sensors/${deviceId}/data/x`,
      `system/${deviceId}/command`,
      'x',
    ]) {
      // Who publishes what he may not loses his connection, too.
      const session = await connect(device);
      await expect(session.publishAsync(topic, '{}', { qos: 1 }), topic).rejects.toThrow(/Not authorized/i);
    }
    const manager = await connect(device);
    const command = `{"commands":[{"command":"deleteClient","username":"${neighbour.credentials.mqtt.username}"}]}`;
    await Promise.race([
      closed(manager),
      manager.publishAsync('$CONTROL/dynamic-security/v1', command, { qos: 1 }).catch(() => undefined),
    ]);
    expect(await broker.names('clients')).toContain(neighbour.credentials.mqtt.username);
  });

  it.each(['first', 'second'])(
    'ends the session of a device that is deactivated at the %s instance, and it cannot return',
    async (which) => {
      const device = await register();
      const client = await connectSoon(device);
      const end = closed(client);
      await (which === 'first' ? api : secondApi).post(`/devices/${deviceId}/deactivate`, {}, 200);
      await end;
      await expect(connect(device)).rejects.toThrow(/Not authorized/i);
      await api.post(`/devices/${deviceId}/reactivate`, {}, 200);
      await expect(connectSoon(device)).resolves.toBeDefined();
    },
  );

  it('takes the rights of a deleted device', async () => {
    const device = await register();
    const client = await connectSoon(device);
    const end = closed(client);
    expect((await api.call('DELETE', `/devices/${deviceId}`)).status).toBe(204);
    await end;
    await inStep();
    expect((await broker.names('roles')).filter((name) => name.includes(deviceId))).toEqual([]);
    expect((await broker.names('clients')).filter((name) => name.includes(deviceId))).toEqual([]);
  });

  it('takes and gives back the rights of a whole municipality', async () => {
    const municipalityId = await createMunicipality(apps[0]!.app);
    const devices = await Promise.all([1, 2, 3].map((n) => register(`${deviceId}-${n}`, municipalityId)));
    const clients = await Promise.all(devices.map(connectSoon));
    const ends = Promise.all(clients.map(closed));
    const suspend = await api.call('PATCH', `/municipalities/${municipalityId}`, {
      body: { status: 'suspended', version: 1 },
    });
    expect(suspend.status, JSON.stringify(suspend.body)).toBe(200);
    await ends;
    for (const device of devices) await expect(connect(device)).rejects.toThrow(/Not authorized/i);
    const version = (suspend.data as { version: number }).version;
    await api.call('PATCH', `/municipalities/${municipalityId}`, { body: { status: 'active', version } });
    for (const device of devices) await connectSoon(device);
  });

  it("does not let a device disturb another one's session, or the platform's", async () => {
    const victim = await register(`${deviceId}-v`);
    const device = await register();
    const session = await connectSoon(victim);
    await connectSoon(device);
    let ended = false;
    session.once('close', () => (ended = true));
    for (const clientId of [victim.deviceId, 'hydroalert-1', 'hydroalert-1-publisher', 'hydroalert-1-control', 'any']) {
      await expect(broker.connect({ clientId, ...device.credentials.mqtt }), clientId).rejects.toThrow(
        /Not authorized/i,
      );
    }
    await session.publishAsync(`sensors/${victim.deviceId}/heartbeat`, '{}', { qos: 1 });
    expect(ended).toBe(false);
  });

  it('repairs what others changed of ours, and leaves alone what is theirs', async () => {
    const device = await register();
    const [client] = [await connectSoon(device)];
    await client.endAsync();
    const stray = `${deviceId}~${newId()}`;
    await broker.command(
      {
        command: 'createRole',
        rolename: 'dashboards',
        acls: [{ acltype: 'subscribePattern', topic: 'sensors/#', allow: true }],
      },
      { command: 'createClient', username: 'dashboard', password: 'x', roles: [{ rolename: 'dashboards' }] },
      { command: 'createClient', username: stray, password: 'x', roles: [{ rolename: `device:${deviceId}` }] },
      { command: 'createRole', rolename: 'device:gone-long-ago', acls: [] },
      { command: 'addRoleACL', rolename: `device:${deviceId}`, acltype: 'publishClientSend', topic: '#', allow: true },
      { command: 'disableClient', username: device.credentials.mqtt.username },
      { command: 'setDefaultACLAccess', acls: [{ acltype: 'subscribe', allow: true }] },
    );
    // A connection that is lost is reason enough to compare everything again.
    await broker.service.restart({ polite: true });
    await vi.waitFor(async () => {
      const session = await connect(device);
      await expect(session.subscribeAsync('sensors/#')).rejects.toThrow(/Not authorized/i);
      await expect(session.publishAsync('somewhere/else', '{}', { qos: 1 })).rejects.toThrow(/Not authorized/i);
    }, WAIT);
    await vi.waitFor(async () => {
      const clients = await broker.names('clients');
      expect(clients).not.toContain(stray);
      expect(clients).toContain('dashboard');
      const roles = await broker.names('roles');
      expect(roles).not.toContain('device:gone-long-ago');
      expect(roles).toContain('dashboards');
    }, WAIT);
    await expect(broker.connect({ username: 'dashboard', password: 'x' })).resolves.toBeDefined();
  });

  it('tells a broker that lost its file everything again', async () => {
    const device = await register();
    await (await connectSoon(device)).endAsync();
    await broker.loseFile();
    await connectSoon(device);
  });

  it('catches up with what happened while the broker was away', async () => {
    const old = await register(`${deviceId}-old`);
    await (await connectSoon(old)).endAsync();
    await broker.service.kill();
    const device = await register();
    await api.post(`/devices/${old.deviceId}/deactivate`, {}, 200);
    await broker.service.start();
    await connectSoon(device);
    await vi.waitFor(() => expect(connect(old)).rejects.toThrow(/Not authorized/i), WAIT);
  });

  it('lets two passwords work while a device changes over, and then only the new one', async () => {
    const device = await register();
    await (await connectSoon(device)).endAsync();
    const path = `/devices/${deviceId}/credentials`;
    const renewed = await api.post<{ credentials: Credentials }>(path, { kind: 'mqtt', overlapSeconds: 3 });
    const session = await connectSoon({ deviceId, credentials: renewed.credentials });
    await session.endAsync();
    const old = await connect(device);
    // Nobody does anything at the end of the overlap: the old user ends by itself, with its session.
    await closed(old);
    await expect(connect(device)).rejects.toThrow(/Not authorized/i);
    await expect(connect({ deviceId, credentials: renewed.credentials })).resolves.toBeDefined();
  });
});
