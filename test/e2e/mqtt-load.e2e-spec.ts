import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import type { MqttOptions } from '../../src/mqtt/mqtt.options.js';
import { type MqttApp, startMqttApp, until } from '../support/mqtt-app.js';
import { connectDevices, publishReadings } from '../support/mqtt-devices.js';

const MIB = 1024 * 1024;

let broker: Service;
let devices: MqttClient;
let apps: MqttApp[];
let clientNumber = 0;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['max_inflight_messages 0', 'persistence false'] });
});
afterAll(() => broker.stop());
beforeEach(async () => {
  apps = [];
  devices = await connectDevices(broker.url);
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await devices.endAsync(true);
});

async function start(options: Partial<MqttOptions> = {}): Promise<MqttApp> {
  clientNumber += 1;
  const app = await startMqttApp({
    url: broker.url,
    clientId: `load-${clientNumber}`,
    drainTimeoutMs: 100,
    sessionExpirySeconds: 1,
    ...options,
  });
  apps.push(app);
  await app.ready();
  return app;
}

/** Bytes in buffers after everything unused is collected. */
function bufferBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

describe('MQTT under load', () => {
  it('shares the messages among the instances of a group: each message once, both at work', async () => {
    const [one, two] = [await start({ sharedGroup: 'ingest' }), await start({ sharedGroup: 'ingest' })];
    const sent = await publishReadings(devices, { count: 1000 });
    await until(() => one.desk.handled.length + two.desk.handled.length >= 1000);
    expect([...one.desk.payloads, ...two.desk.payloads].sort()).toEqual([...sent].sort());
    expect(Math.min(one.desk.handled.length, two.desk.handled.length)).toBeGreaterThan(0);
  });

  it('rejects payloads of 10 MB, keeps their beginning, and its memory flat', async () => {
    const app = await start();
    const held = Promise.withResolvers<void>();
    app.desk.work = () => held.promise;
    await publishReadings(devices, { count: 1 });
    await until(() => app.desk.guarded.length === 1);
    const payload = Buffer.alloc(10_000_000, '[1.5]');
    const before = bufferBytes();
    for (let index = 0; index < 30; index += 1) await devices.publishAsync('sensors/big/data', payload, { qos: 1 });
    await until(() => app.state.counters.received === 31);
    expect(app.state.counters.inFlightBytes).toBeLessThan(31 * 2048);
    // The last packets may still be on their way through the parser; 300 MB have come, and nothing of them stays.
    await until(() => bufferBytes() - before < 50 * MIB);
    held.resolve();
    await until(() => app.state.counters.acknowledged === 31);
    const big = app.desk.handled.filter(({ deviceId }) => deviceId === 'big');
    expect(big).toHaveLength(30);
    expect(big.every((message) => message.payload.equals(payload.subarray(0, 2048)))).toBe(true);
    expect(big[0]).toMatchObject({
      size: 10_000_000,
      rejection: { code: 'MALFORMED_PAYLOAD', reason: 'payload of 10000000 bytes exceeds 1 MiB' },
    });
    expect(app.state.counters.rejected).toBe(30);
  });

  it('takes a payload of exactly 1 MiB', async () => {
    const app = await start();
    await devices.publishAsync('sensors/dev-1/data', Buffer.alloc(MIB, 'x'), { qos: 1 });
    await until(() => app.desk.handled.length === 1);
    expect(app.desk.handled[0]?.rejection).toBeUndefined();
    expect(app.desk.handled[0]?.payload).toHaveLength(MIB);
  });

  it('stops reading above its limit, stays connected for longer than the keepalive, and loses nothing', async () => {
    const app = await start({ maxInFlightMessages: 100, receiveMaximum: 16_384, keepaliveSeconds: 1 });
    const held = Promise.withResolvers<void>();
    app.desk.work = () => held.promise;
    const sent = await publishReadings(devices, { count: 5000 });
    await until(() => app.state.counters.parked);
    const { since } = app.state;
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(app.state).toMatchObject({ status: 'connected', since });
    expect(app.state.counters).toMatchObject({ inFlight: 100, received: 100 });
    held.resolve();
    await until(() => app.desk.handled.length === 5000);
    expect(app.desk.payloads).toEqual(sent);
    expect(app.state.counters.duplicates).toBe(0);
    await until(() => app.state.counters.acknowledged === 5000);
  });

  it.each([
    { name: 'count', options: { batchMaxMessages: 64 } },
    { name: 'bytes', options: { batchMaxBytes: 1000 } },
  ])('keeps its batches within their limit of $name', async ({ options }) => {
    const app = await start(options);
    const sent = await publishReadings(devices, { count: 1000 });
    await until(() => app.desk.handled.length === 1000);
    expect(app.desk.payloads).toEqual(sent);
    const bytes = app.desk.batches.map(({ messages }) => messages.reduce((sum, { size }) => sum + size, 0));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(options.batchMaxBytes ?? Infinity);
    const counts = app.desk.batches.map(({ messages }) => messages.length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(options.batchMaxMessages ?? Infinity);
    expect(Math.max(...counts)).toBeGreaterThan(1);
  });

  it('works on two batches of a pattern at once when told to', async () => {
    const app = await start({ batchConcurrency: 2, batchMaxMessages: 50 });
    let running = 0;
    let most = 0;
    app.desk.work = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
    };
    const sent = await publishReadings(devices, { count: 1000 });
    await until(() => app.state.counters.acknowledged === 1000);
    expect([...app.desk.payloads].sort()).toEqual([...sent].sort());
    expect(most).toBe(2);
  });
});
