import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { freePort } from '../../scripts/services/ports.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import type { MqttOptions } from '../../src/mqtt/mqtt.options.js';
import { subscriptionOf, TOPICS } from '../../src/mqtt/topics.js';
import { type MqttApp, startMqttApp, until } from '../support/mqtt-app.js';
import { connectDevices, publishReadings } from '../support/mqtt-devices.js';
import { TcpRelay } from '../support/tcp-relay.js';
import {
  APP_CERTIFICATE,
  APP_KEY,
  BROKER_CERTIFICATE,
  BROKER_KEY,
  CA_CERTIFICATE,
  OTHER_CA_CERTIFICATE,
} from '../support/tls-fixtures.js';

/** What a test opened; closed in reverse order after it. */
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

async function startBroker(options: Parameters<typeof startMosquitto>[0] = {}): Promise<Service> {
  const broker = await startMosquitto({ ...options, config: ['max_inflight_messages 0', ...(options.config ?? [])] });
  cleanups.push(() => broker.stop());
  return broker;
}

async function start(url: string, options: Partial<MqttOptions> = {}): Promise<MqttApp> {
  const app = await startMqttApp({ url, clientId: 'connection-test', drainTimeoutMs: 200, ...options });
  cleanups.push(() => app.close());
  return app;
}

async function startDevices(url: string) {
  const devices = await connectDevices(url);
  cleanups.push(() => devices.endAsync(true));
  return devices;
}

/** aedes in this process: speaks MQTT 3.1.1 only, and grants subscriptions while `allows` says so. */
async function startAedes(allows: () => boolean): Promise<string> {
  const aedes = await Aedes.createBroker({
    authorizeSubscribe: (_client, subscription, callback) => callback(null, allows() ? subscription : null),
  });
  const server: Server = createServer((socket) => void aedes.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `mqtt://127.0.0.1:${address.port}`;
}

describe('MQTT connection', () => {
  it('starts without a broker, says so, and connects when there is one', async () => {
    const broker = await startBroker();
    await broker.kill();
    const app = await start(broker.url);
    expect(app.state.status).not.toBe('connected');
    await until(() => app.state.attempts >= 3);
    expect(app.state.lastError).toMatch(/ECONNREFUSED/);
    await broker.start();
    await app.ready();
    expect(app.state).toMatchObject({ status: 'connected', attempts: 0, protocolVersion: 5 });
    const sent = await publishReadings(await startDevices(broker.url), { count: 10 });
    await until(() => app.desk.handled.length === 10);
    expect(app.desk.payloads).toEqual(sent);
  });

  it('loses nothing when the broker restarts under load', async () => {
    const broker = await startBroker();
    const app = await start(broker.url);
    app.desk.work = () => new Promise((resolve) => setTimeout(resolve, 20));
    await app.ready();
    const devices = await startDevices(broker.url);
    const sent: Promise<string[]>[] = [];
    for (let block = 0; block < 20; block += 1) {
      sent.push(publishReadings(devices, { count: 100, from: block * 100 }));
      if (block === 5 || block === 12) await broker.restart({ polite: true });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const payloads = (await Promise.all(sent)).flat();
    await until(() => new Set(app.desk.payloads).size === payloads.length);
    expect([...new Set(app.desk.payloads)].sort()).toEqual([...payloads].sort());
    await until(() => app.state.counters.inFlight === 0);
    expect(app.state.sessionPresent).toBe(true);
  });

  it('subscribes again when the broker was killed and has forgotten everything', async () => {
    const broker = await startBroker({ config: ['persistence false'] });
    const app = await start(broker.url);
    const held = Promise.withResolvers<void>();
    app.desk.work = () => held.promise;
    await app.ready();
    const devices = await startDevices(broker.url);
    await publishReadings(devices, { count: 500 });
    await until(() => app.state.counters.received === 500);
    const { since } = app.state;
    await broker.restart();
    await until(() => app.state.since !== since && app.state.status === 'connected' && app.state.subscribed);
    expect(app.state.sessionPresent).toBe(false);
    const later = await publishReadings(devices, { count: 200, from: 500 });
    held.resolve();
    await until(() => later.every((payload) => app.desk.payloads.includes(payload)));
    await until(() => app.state.counters.inFlight === 0);
    expect(app.state.counters.acknowledgementsDropped).toBeGreaterThan(0);
  });

  it.each([5, 4] as const)(
    'hears again when the broker kept the session and not what it subscribed to, MQTT %i',
    async (v) => {
      const broker = await startBroker();
      const relay = await TcpRelay.start('127.0.0.1', Number(new URL(broker.url).port));
      cleanups.push(() => relay.close());
      const app = await start(`mqtt://127.0.0.1:${relay.port}`, { protocolVersion: v });
      await app.ready();
      relay.cut();
      await until(() => app.state.status !== 'connected');
      // As a broker does that is killed between two writes of its store.
      const session = { clientId: 'connection-test', clean: false, resubscribe: false };
      const properties = { sessionExpiryInterval: 600 };
      const other = await connectAsync(broker.url, { ...session, protocolVersion: v, ...(v === 5 && { properties }) });
      await other.unsubscribeAsync(Object.values(TOPICS).map((topic) => subscriptionOf(topic)));
      await other.endAsync();
      relay.restore();
      await app.ready();
      expect(app.state.sessionPresent).toBe(true);
      const payloads = await publishReadings(await startDevices(broker.url), { count: 50 });
      await until(() => payloads.every((payload) => app.desk.payloads.includes(payload)));
    },
  );

  it.each([{ polite: true }, { polite: false }])(
    'has its share of the messages again after the broker restarted (polite: $polite)',
    async ({ polite }) => {
      const broker = await startBroker();
      const app = await start(broker.url, { sharedGroup: 'ingest' });
      await app.ready();
      const devices = await startDevices(broker.url);
      await publishReadings(devices, { count: 50 });
      await until(() => app.desk.handled.length === 50);
      const { since } = app.state;
      await (polite ? broker.restart({ polite }) : broker.restart());
      await until(() => app.state.since !== since && app.state.status === 'connected' && app.state.subscribed);
      const later = await publishReadings(devices, { count: 200, from: 50 });
      await until(() => later.every((payload) => app.desk.payloads.includes(payload)));
      // A share that was granted twice would hand over everything twice. (What came before may come again.)
      expect(app.desk.payloads.filter((payload) => later.includes(payload)).sort()).toEqual([...later].sort());
    },
  );

  it('falls back to MQTT 3.1.1 for a broker that knows no other, and keeps asking for refused subscriptions', async () => {
    let allows = false;
    const url = await startAedes(() => allows);
    const app = await start(url);
    await until(() => app.state.status === 'degraded');
    expect(app.state.protocolVersion).toBe(4);
    expect(app.state.lastError).toMatch(/subscription refused for sensors\/\+\/data/);
    allows = true;
    await app.ready();
    expect(app.state.status).toBe('connected');
    const sent = await publishReadings(await connectDevicesTo(url), { count: 300 });
    await until(() => app.desk.handled.length === 300);
    expect(app.desk.payloads).toEqual(sent);
    await until(() => app.state.counters.acknowledged === 300);
  });

  it('reports refused credentials and keeps trying', async () => {
    const broker = await startBroker({ anonymous: false });
    const app = await start(broker.url, { username: 'nobody', password: 'wrong' });
    await until(() => app.state.attempts >= 3);
    expect(app.state.status).toMatch(/offline|reconnecting/);
    expect(app.state.lastError).toMatch(/[Nn]ot authorized/);
    expect(app.state.protocolVersion).toBe(5);
  });

  it('publishes by a connection of its own, and says when the broker does not take it', async () => {
    const broker = await startBroker();
    const app = await start(broker.url, { publishTimeoutMs: 500 });
    const devices = await startDevices(broker.url);
    const received = new Promise((resolve) => {
      devices.on('message', (topic, payload) => resolve(`${topic} ${payload.toString()}`));
    });
    await devices.subscribeAsync('system/+/command', { qos: 1 });
    await app.publisher.publish('system/dev-1/command', '{}', { expirySeconds: 60 });
    expect(await received).toBe('system/dev-1/command {}');
    expect(app.state.counters.published).toBe(1);
    await broker.kill();
    await until(() => app.state.publisher.status !== 'connected');
    await expect(app.publisher.publish('system/dev-1/command', '{}')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('speaks TLS with a client certificate, and only to a broker that the authority has signed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mqtt-tls-'));
    await chmod(dir, 0o755); // the broker may run under another account
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    const files = { 'ca.pem': CA_CERTIFICATE, 'broker.pem': BROKER_CERTIFICATE, 'broker.key': BROKER_KEY };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o644 });
    const port = await freePort();
    await startBroker({
      config: [
        `listener ${port} 127.0.0.1`,
        `cafile ${dir}/ca.pem`,
        `certfile ${dir}/broker.pem`,
        `keyfile ${dir}/broker.key`,
        'require_certificate true',
      ],
    });
    const url = `mqtts://127.0.0.1:${port}`;
    const identity = { cert: APP_CERTIFICATE, key: APP_KEY };
    const stranger = await start(url, { clientId: 'stranger', tls: { ...identity, ca: OTHER_CA_CERTIFICATE } });
    const nameless = await start(url, { clientId: 'nameless', tls: { ca: CA_CERTIFICATE } });
    const app = await start(url, { tls: { ...identity, ca: CA_CERTIFICATE } });
    await app.ready();
    await until(() => stranger.state.attempts >= 2 && nameless.state.attempts >= 2);
    expect(stranger.state.lastError).toMatch(/certificate/);
    expect([stranger.state.subscribed, nameless.state.subscribed]).toEqual([false, false]);
  });
});

async function connectDevicesTo(url: string) {
  const devices = await connectDevices(url, 4);
  cleanups.push(() => devices.endAsync(true));
  return devices;
}
