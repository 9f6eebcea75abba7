import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedBroker } from '../../scripts/services/embedded-broker.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { Listener, type SimulatedDevice, SimulatorRun } from '../support/simulator-run.js';

const DEVICES: readonly SimulatedDevice[] = [
  { deviceId: 'river-01', metrics: ['water_level_cm', 'temperature_c', 'battery_level'] },
  { deviceId: 'river-02', metrics: ['water_level_cm'], fault: 'silent' },
  { deviceId: 'rain-01', metrics: ['rainfall_mm'] },
  { deviceId: 'pipe-01', metrics: ['pressure_bar', 'flow_m3h', 'nitrate_mg_l'] },
  { deviceId: 'left-alone-01', metrics: ['water_level_cm'], simulated: false },
];
const SIMULATED = DEVICES.filter(({ simulated }) => simulated !== false).map(({ deviceId }) => deviceId);

let broker: Service;
let runs: SimulatorRun[] = [];
let listeners: Listener[] = [];

function simulate(...args: string[]): SimulatorRun {
  const run = new SimulatorRun(broker.url, DEVICES, args);
  runs.push(run);
  return run;
}

async function listen(clientId: string, credentials = {}): Promise<Listener> {
  const listener = await Listener.open(broker.url, { clientId, ...credentials });
  listeners.push(listener);
  return listener;
}

afterEach(async () => {
  await Promise.all(runs.map((run) => run.stop('SIGKILL')));
  await Promise.all(listeners.map((listener) => listener.close()));
  [runs, listeners] = [[], []];
});

describe('the simulator with Mosquitto', () => {
  beforeAll(async () => {
    broker = await startMosquitto({ autosaveEvery: 1 });
  });
  afterAll(() => broker.stop());

  it('hands over the readings asked for, says hello and goodbye, and leaves other devices alone', async () => {
    const listener = await listen('bounded');
    const began = Date.now();
    const run = simulate('--readings', '3', '--interval', '0.2');
    expect(await run.ended()).toBe(0);
    await listener.hears(({ statuses }) => statuses.filter(({ status }) => status === 'offline').length === 4);
    for (const deviceId of SIMULATED) {
      expect(listener.statusesOf(deviceId)).toEqual(['online', 'offline']);
      const readings = listener.readingsOf(deviceId);
      expect(readings.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      const times = readings.map(({ timestamp }) => Date.parse(timestamp));
      expect(times.every((time) => time >= began && time <= Date.now())).toBe(true);
      expect(new Set(times).size).toBe(3);
    }
    expect(Object.keys(listener.readingsOf('pipe-01')[0]!.values)).toEqual(['pressure_bar', 'flow_m3h']);
    expect(listener.messages.some(({ deviceId }) => deviceId === 'left-alone-01')).toBe(false);
    expect(run.output).toContain('nitrate_mg_l');
  });

  it('loses no reading when the broker is killed and comes back later', async () => {
    const listener = await listen('outage');
    const run = simulate('--readings', '40', '--interval', '0.1');
    await listener.hears(({ messages }) => messages.length >= 20);
    await broker.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // readings are taken meanwhile
    await broker.start();
    expect(await run.ended()).toBe(0);
    await listener.hears(() => SIMULATED.every((deviceId) => listener.readingsOf(deviceId).length === 40));
    for (const deviceId of SIMULATED) {
      const times = listener.readingsOf(deviceId).map(({ timestamp }) => Date.parse(timestamp));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(times).size).toBe(40);
    }
    expect(listener.messages.some(({ readings }) => readings.length > 1)).toBe(true);
  });

  it('cuts a silent device off so that its last will is spoken, and hands over its backlog', async () => {
    const listener = await listen('silence');
    const run = simulate('--interval', '0.1', '--speed', '7200');
    await listener.hears(({ statuses }) => statuses.some(({ byBroker }) => byBroker));
    expect(listener.statuses.find(({ byBroker }) => byBroker)).toMatchObject({
      deviceId: 'river-02',
      status: 'offline',
    });
    await listener.hears(() => listener.statusesOf('river-02').at(-1) === 'online');
    await listener.hears(({ messages }) => messages.some(({ readings }) => readings.length > 3));
    expect(await run.stop()).toBe(0);
    const numbers = listener.readingsOf('river-02').map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    await listener.hears(() => SIMULATED.every((deviceId) => listener.statusesOf(deviceId).at(-1) === 'offline'));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at once and cleanly on %s', async (signal) => {
    const listener = await listen(`ends on ${signal}`);
    const run = simulate();
    await listener.hears(() => SIMULATED.every((deviceId) => listener.statusesOf(deviceId).length === 1));
    expect(await run.stop(signal)).toBe(0);
    await listener.hears(() => SIMULATED.every((deviceId) => listener.statusesOf(deviceId).at(-1) === 'offline'));
    expect(listener.statuses.some(({ byBroker }) => byBroker)).toBe(false);
  });
});

describe('the simulator with the embedded broker', () => {
  const platform = { username: 'platform', password: 'word-of-the-platform', clientId: 'hydroalert' };
  let hook: Server;

  beforeAll(async () => {
    hook = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { username, password, clientid, topic } = JSON.parse(Buffer.concat(parts).toString()) as Record<
          string,
          string
        >;
        const own = topic === undefined ? password === `of-${username}` : topic.startsWith(`sensors/${username}/`);
        response.end(JSON.stringify({ result: own && clientid === username ? 'allow' : 'deny' }));
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const appUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
    broker = await startEmbeddedBroker({ appUrl, hookToken: 'token-of-the-hook', platform });
  });
  afterAll(async () => {
    await broker.stop();
    hook.closeAllConnections();
    await new Promise((resolve) => hook.close(resolve));
  });

  it('signs in each device with its own credentials and keeps to its own topics', async () => {
    const listener = await listen(platform.clientId, { username: platform.username, password: platform.password });
    expect(await simulate('--once').ended()).toBe(0);
    await listener.hears(() => SIMULATED.every((deviceId) => listener.statusesOf(deviceId).at(-1) === 'offline'));
    for (const deviceId of SIMULATED) {
      expect(listener.statusesOf(deviceId)).toEqual(['online', 'offline']);
      expect(listener.readingsOf(deviceId)).toHaveLength(1);
    }
  });
});

describe('the simulator without what it needs', () => {
  it.each([
    [[], 'names no device that is simulated'],
    [['--speed', 'fast'], '--speed takes a number above 0'],
  ])('%j: says so and fails', async (args, message) => {
    const run = new SimulatorRun('mqtt://127.0.0.1:1', [DEVICES.at(-1)!], args);
    runs.push(run);
    expect(await run.ended()).toBe(1);
    expect(run.output).toContain(message);
  });
});
