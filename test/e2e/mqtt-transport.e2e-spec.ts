import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../scripts/services/service.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { UnavailableError } from '../../src/common/errors/errors.js';
import { currentRequestId } from '../../src/common/request-context/request-context.js';
import type { MqttOptions } from '../../src/mqtt/mqtt.options.js';
import { type MqttApp, startMqttApp, until } from '../support/mqtt-app.js';
import { connectDevices, connectSession, publishReadings } from '../support/mqtt-devices.js';

let broker: Service;
let devices: MqttClient;
let apps: MqttApp[];
let clientNumber = 0;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['max_inflight_messages 0'] });
});
afterAll(() => broker.stop());
beforeEach(async () => {
  apps = [];
  clientNumber += 1;
  devices = await connectDevices(broker.url);
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await devices.endAsync(true);
});

/** Starts an application under the test's own client id, so that a second one finds the session of the first. */
async function start(options: Partial<MqttOptions> = {}): Promise<MqttApp> {
  const app = await startMqttApp({
    url: broker.url,
    clientId: `transport-${clientNumber}`,
    drainTimeoutMs: 100,
    // One after the other, so that order and numbers can be asserted.
    batchConcurrency: 1,
    ...options,
  });
  apps.push(app);
  return app;
}

/** A handler that stands still until the test lets it go. */
function heldWork() {
  const gate = Promise.withResolvers<void>();
  return { work: () => gate.promise, release: () => gate.resolve() };
}

/** Proves that the broker has nothing more for the application: a later message is the next one to arrive. */
async function expectNothingBut(app: MqttApp, payloads: string[]): Promise<void> {
  await devices.publishAsync('sensors/dev-1/data', 'marker', { qos: 2 });
  await until(() => app.desk.payloads.includes('marker'));
  expect(app.desk.payloads.filter((payload) => payload !== 'marker')).toEqual(payloads);
}

describe.each([
  { name: 'MQTT 3.1.1', protocolVersion: 4 as const },
  { name: 'MQTT 5', protocolVersion: 5 as const },
])('MQTT transport, $name', ({ protocolVersion }) => {
  it.each([1, 2] as const)('acknowledges QoS %i when the handler has resolved, not before', async (qos) => {
    const options = { protocolVersion, subscriptionQos: qos };
    const first = await start(options);
    first.desk.work = heldWork().work;
    await first.ready();
    const sent = await publishReadings(devices, { count: 50, qos });
    await until(() => first.state.counters.received >= 50);
    expect(first.state.counters.acknowledged).toBe(0);
    await first.crash();

    const second = await start(options);
    await until(() => second.desk.handled.length >= 50);
    expect(second.desk.payloads).toEqual(sent);
    expect(second.desk.handled.every((message) => message.dup && message.qos === qos)).toBe(true);
    await until(() => second.state.counters.inFlight === 0);
    await expectNothingBut(second, sent);
    await second.crash();

    const third = await start(options);
    await third.ready();
    await expectNothingBut(third, []);
  });

  it('hands over each QoS once, with everything a handler needs to know', async () => {
    const app = await start({ protocolVersion, subscriptionQos: 2 });
    await app.ready();
    for (const qos of [0, 1, 2] as const) {
      const properties = { userProperties: { 'x-nonce': `n${qos}` } };
      await devices.publishAsync(`sensors/dev-${qos}/data`, `{"id":1,"data":{"qos":${qos}}}`, { qos, properties });
    }
    await until(() => app.desk.handled.length >= 3);
    const seen = app.desk.handled.map(({ topic, deviceId, qos, payload, dup, retain, properties }) => ({
      topic,
      deviceId,
      qos,
      payload: payload.toString(),
      dup,
      retain,
      nonce: properties?.['x-nonce'],
    }));
    expect(seen.sort((a, b) => a.qos - b.qos)).toEqual(
      [0, 1, 2].map((qos) => ({
        topic: `sensors/dev-${qos}/data`,
        deviceId: `dev-${qos}`,
        qos,
        payload: `{"id":1,"data":{"qos":${qos}}}`,
        dup: false,
        retain: false,
        nonce: protocolVersion === 5 ? `n${qos}` : undefined,
      })),
    );
    expect(Math.abs((app.desk.handled[0]?.receivedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    await until(() => app.state.counters.acknowledged === 2);
  });
});

describe('MQTT transport', () => {
  it('loses none of 2,500 messages while the handler fails for a reason that passes', async () => {
    const app = await start();
    let failures = 4;
    app.desk.work = () => {
      if (failures-- > 0) throw new UnavailableError();
    };
    await app.ready();
    const sent = await publishReadings(devices, { count: 2500 });
    await until(() => app.desk.handled.length >= 2500);
    expect(app.desk.payloads).toEqual(sent);
    expect(app.state.counters).toMatchObject({ batchFailures: 4, retries: 4, setAside: 0 });
    await until(() => app.state.counters.acknowledged === 2500);
  });

  it('sets one poison message of a batch of 100 aside and handles the other 99', async () => {
    const app = await start();
    const held = heldWork();
    app.desk.work = held.work;
    await app.ready();
    await publishReadings(devices, { count: 1, from: 1000 });
    await until(() => app.desk.guarded.length === 1);
    const sent = await publishReadings(devices, { count: 100 });
    await until(() => app.state.counters.received === 101);
    app.desk.work = (batch) => {
      if (batch.messages.some(({ payload }) => payload.toString() === '{"seq":42}')) throw new TypeError('poison');
    };
    held.release();
    await until(() => app.state.counters.acknowledged === 101);
    expect(app.desk.guarded[1]?.messages).toHaveLength(100);
    expect(app.desk.payloads.slice(1)).toEqual(sent.filter((payload) => payload !== '{"seq":42}'));
    expect(app.desk.aside.map(({ message }) => message.payload.toString())).toEqual(['{"seq":42}']);
    expect(app.desk.aside[0]).toMatchObject({
      error: new TypeError('poison'),
      requestId: expect.any(String) as string,
    });
    expect(app.state.counters.setAside).toBe(1);
  });

  it('guards once per batch; a verdict concerns one message, all are acknowledged', async () => {
    const app = await start();
    const held = heldWork();
    app.desk.work = held.work;
    app.desk.judge = (batch) => {
      const refused = batch.messages.find(({ payload }) => payload.toString() === '{"seq":7}');
      if (refused) batch.reject(refused, 'UNKNOWN_DEVICE', 'nobody knows it');
    };
    await app.ready();
    await publishReadings(devices, { count: 1, from: 1000 });
    await until(() => app.desk.guarded.length === 1);
    await publishReadings(devices, { count: 500 });
    await until(() => app.state.counters.received === 501);
    const requestIds: (string | undefined)[] = [];
    app.desk.work = () => void requestIds.push(currentRequestId());
    held.release();
    await until(() => app.state.counters.acknowledged === 501);
    expect(app.desk.guarded.map(({ messages }) => messages.length)).toEqual([1, 500]);
    const batch = app.desk.batches[1];
    expect(batch?.accepted()).toHaveLength(499);
    expect(batch?.rejected().map(({ rejection }) => rejection?.code)).toEqual(['UNKNOWN_DEVICE']);
    expect(requestIds).toEqual([batch?.id]);
    expect(app.state.counters).toMatchObject({ batches: 2, rejected: 1, batchFailures: 0 });
  });

  it('keeps the patterns apart and sets aside what no handler asked for', async () => {
    const leftover = await connectSession(broker.url, `transport-${clientNumber}`, 'sensors/+/forgotten');
    await leftover.endAsync();
    const app = await start();
    await app.ready();
    await devices.publishAsync('sensors/dev-1/status', 'up', { qos: 1 });
    await devices.publishAsync('sensors/dev-1/data', '{}', { qos: 1 });
    await devices.publishAsync('sensors/dev-1/forgotten', 'x', { qos: 1 });
    await until(() => app.state.counters.acknowledged === 3);
    const seen = app.desk.batches.map(({ pattern, messages }) => [pattern, messages.length]);
    expect(seen.sort()).toEqual([
      ['sensors/+/data', 1],
      ['sensors/+/status', 1],
    ]);
    expect(app.desk.aside.map(({ message }) => message.topic)).toEqual(['sensors/dev-1/forgotten']);
  });

  it('marks retained messages', async () => {
    await devices.publishAsync('sensors/dev-1/status', 'offline', { qos: 1, retain: true });
    const app = await start();
    await until(() => app.desk.handled.length === 1);
    expect(app.desk.handled[0]).toMatchObject({ retain: true, deviceId: 'dev-1' });
    await devices.publishAsync('sensors/dev-1/status', '', { qos: 1, retain: true });
  });

  it('finishes and acknowledges the batch in hand before it shuts down', async () => {
    const first = await start({ drainTimeoutMs: 30_000 });
    const held = heldWork();
    first.desk.work = held.work;
    await first.ready();
    const sent = await publishReadings(devices, { count: 20 });
    await until(() => first.state.counters.received === 20);
    const closing = first.close();
    const late = await publishReadings(devices, { count: 5, from: 20 });
    held.release();
    await closing;
    expect(first.desk.payloads).toEqual(sent);
    expect(first.state.status).toBe('closed');

    const second = await start();
    await until(() => second.desk.handled.length >= 5);
    await expectNothingBut(second, late);
  });

  it('does not wait for ever for a handler that hangs: its messages come again', async () => {
    const first = await start({ drainTimeoutMs: 50 });
    first.desk.work = () => new Promise(() => undefined);
    await first.ready();
    const sent = await publishReadings(devices, { count: 20 });
    await until(() => first.state.counters.received === 20);
    await first.close();

    const second = await start();
    await until(() => second.desk.handled.length >= 20);
    await expectNothingBut(second, sent);
  });
});
