import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedBroker } from '../../scripts/services/embedded-broker.mjs';
import type { Service } from '../../scripts/services/service.mjs';

const TOKEN = 'token-of-the-broker-hook';
const PLATFORM = { username: 'platform', password: 'word-of-the-platform', clientId: 'hydroalert' };

/** The application's side of the hook: a device's password is `of-<name>`, and its rights are those of its own topics. */
class Hook {
  readonly withdrawn = new Set<string>();
  readonly tokens = new Set<string | undefined>();
  private server?: Server;
  port = 0;

  async open(): Promise<void> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        this.tokens.add(request.headers.authorization);
        const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>;
        response.end(JSON.stringify({ result: this.allows(request.url ?? '', body) ? 'allow' : 'deny' }));
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private allows(path: string, { username = '', password, topic, action }: Record<string, string>): boolean {
    if (this.withdrawn.has(username)) return false;
    if (path === '/api/v1/broker/auth') return password === `of-${username}`;
    return topic === (action === 'publish' ? `sensors/${username}/data` : `system/${username}/command`);
  }
}

describe('the embedded broker', () => {
  const hook = new Hook();
  const clients: MqttClient[] = [];
  let broker: Service;

  beforeAll(async () => {
    await hook.open();
    const appUrl = `http://127.0.0.1:${hook.port}`;
    broker = await startEmbeddedBroker({ appUrl, hookToken: TOKEN, platform: PLATFORM });
  });

  beforeEach(() => hook.withdrawn.clear());

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });

  afterAll(async () => {
    await broker.stop();
    await hook.close();
  });

  async function connect(options: IClientOptions): Promise<MqttClient> {
    const client = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0, protocolVersion: 4, ...options }, false);
    clients.push(client);
    return client;
  }

  const connectDevice = (name: string, clientId = name): Promise<MqttClient> =>
    connect({ clientId, username: name, password: `of-${name}` });

  it.each([
    ['nobody', {}],
    ['a user without a password', { username: 'gauge-1' }],
    ['a wrong password', { username: 'gauge-1', password: 'of-gauge-2' }],
    ['a wrong password of the platform', { username: PLATFORM.username, password: 'of-platform' }],
    [
      "a device under the platform's client id",
      { clientId: 'hydroalert', username: 'gauge-1', password: 'of-gauge-1' },
    ],
  ])('refuses %s', async (_, options) => {
    await expect(connect(options)).rejects.toThrow(/Connection refused/);
  });

  it('tells the application who is asking', async () => {
    await connectDevice('gauge-1');
    expect(hook.tokens).toEqual(new Set([`Bearer ${TOKEN}`]));
  });

  it('does not hand a session to another user', async () => {
    const owner = await connectDevice('gauge-1', 'shared-id');
    await expect(connectDevice('gauge-2', 'shared-id')).rejects.toThrow(/Identifier rejected/);
    expect(owner.connected).toBe(true);
  });

  it('ends the connection of a device that publishes for another one', async () => {
    const device = await connectDevice('gauge-1');
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));
    device.publish('sensors/gauge-2/data', '{}', { qos: 1 });
    await closed;
  });

  it("takes ThingsBoard's topic for the device's own, with the rights that it has there", async () => {
    const platform = await connect(PLATFORM);
    await platform.subscribeAsync('#', { qos: 1 });
    const received = new Promise<[string, string]>((resolve) =>
      platform.once('message', (topic, payload) => resolve([topic, payload.toString()])),
    );
    const device = await connectDevice('gauge-1');
    await device.publishAsync('v1/devices/me/telemetry', '{"temperature":42}', { qos: 1 });
    expect(await received).toEqual(['sensors/gauge-1/data', '{"temperature":42}']);

    const refused = await connectDevice('gauge-3');
    const closed = new Promise<void>((resolve) => refused.once('close', () => resolve()));
    hook.withdrawn.add('gauge-3');
    refused.publish('v1/devices/me/telemetry', '{"temperature":42}', { qos: 1 });
    await closed;
  });

  it.each(['system/gauge-2/command', 'system/+/command', '#', '$SYS/#'])(
    'refuses a subscription to %s',
    async (topic) => {
      const device = await connectDevice('gauge-1');
      await expect(device.subscribeAsync(topic)).rejects.toThrow();
      await expect(device.subscribeAsync('system/gauge-1/command')).resolves.toHaveLength(1);
    },
  );

  it('throws out a device soon after its right is withdrawn', async () => {
    const device = await connectDevice('gauge-1');
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));
    device.publish('sensors/gauge-1/data', '{}', { qos: 1 });
    hook.withdrawn.add('gauge-1');
    const timer = setInterval(() => device.publish('sensors/gauge-1/data', '{}', { qos: 1 }), 100);
    await closed;
    clearInterval(timer);
  });

  it('keeps for the platform what connected devices publish while the application is away', async () => {
    const session = { ...PLATFORM, clean: false };
    const before = await connect(session);
    await before.subscribeAsync('sensors/+/data', { qos: 1 });
    const device = await connectDevice('gauge-1');
    await device.publishAsync('sensors/gauge-1/data', 'first', { qos: 1 });

    await before.endAsync(true);
    await hook.close();
    for (let n = 0; n < 500; n += 1) await device.publishAsync('sensors/gauge-1/data', `away ${n}`, { qos: 1 });
    await expect(connectDevice('gauge-2')).rejects.toThrow(/Server unavailable/);
    await hook.open();

    const received = new Set<string>();
    const after = mqtt.connect(broker.url, { ...session, protocolVersion: 4, reconnectPeriod: 0 });
    clients.push(after);
    await new Promise<void>((resolve) =>
      after.on('message', (_, payload) => {
        received.add(payload.toString());
        if (received.has('away 499')) resolve();
      }),
    );
    for (let n = 0; n < 500; n += 1) expect(received).toContain(`away ${n}`);
  });
});
