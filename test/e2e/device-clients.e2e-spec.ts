import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePaho } from '../../scripts/services/paho.mjs';
import { requireProgram } from '../../scripts/services/programs.mjs';
import type { CredentialsFile } from '../../src/cli/provision/credentials-file.js';
import { until } from '../support/live-log.js';
import { ProvisioningWorld } from '../support/provisioning-world.js';

const CLIENTS = join(import.meta.dirname, '..', '..', 'docs', 'devices');
const STUBS = join(import.meta.dirname, '..', 'support', 'esp32-stubs');

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client to its end; `input` is what it reads. */
function run(command: string, args: readonly string[], input = ''): Promise<End> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

let world: ProvisioningWorld;
let watcher: MqttClient;
/** What devices said besides readings, as "topic payload". */
const said: string[] = [];
let number = 0;

beforeAll(async () => {
  requireProgram({ names: ['mosquitto_pub'], packages: ['mosquitto-clients'], what: 'mosquitto_pub' });
  requireProgram({ names: ['jq'], packages: ['jq'], what: 'jq' });
  requireProgram({ names: ['curl'], packages: ['curl'], what: 'curl' });
  world = await ProvisioningWorld.open();
  watcher = await connectAsync(world.installation.broker.url);
  watcher.on('message', (topic, payload) => said.push(`${topic} ${payload.toString()}`));
  await watcher.subscribeAsync(['sensors/+/status', 'sensors/+/heartbeat', 'system/+/response']);
});
afterAll(async () => {
  await watcher?.endAsync();
  await world?.close();
});

/** A door to the broker that knows MQTT 3.1.1 only: others are told "unacceptable protocol version". */
async function oldBroker(): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(world.installation.broker.url);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      // The byte after the name of the protocol is its version.
      if (first[first.indexOf('MQTT') + 4] !== 4) return void socket.end(Buffer.from([0x20, 2, 0, 1]));
      const broker = connect(Number(port), hostname).on('error', () => socket.destroy());
      broker.write(first);
      socket.pipe(broker).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

/** A new device; answers the folder of its bundle, and its id. */
async function device(mqttUrl = world.installation.broker.url): Promise<{ id: string; bundle: string }> {
  const prefix = `client${++number}`;
  const args = ['--output', prefix, '--mqtt-url', mqttUrl];
  expect(await world.run(['provision', world.devicesFile(prefix, 1), ...args])).toMatchObject({ code: 0 });
  return { id: `${prefix}-1`, bundle: world.path(prefix, `${prefix}-1`) };
}

/** Makes the device one whose readings have to be signed. */
async function mustSign(id: string): Promise<void> {
  const { version } = await world.root.get<{ version: number }>(`/devices/${id}`);
  const { status } = await world.root.call('PATCH', `/devices/${id}`, { body: { signatureRequired: true, version } });
  expect(status).toBe(200);
}

/** Waits until the device's latest reading has this value. */
async function untilStored(id: string, value: number): Promise<void> {
  await until(async () => {
    const latest = await world.root.get<{ value: number | null }[]>(`/readings/latest?deviceId=${id}`);
    return latest.some((one) => one.value === value);
  });
}

async function storedCount(id: string): Promise<number> {
  const { rows } = await world.installation.db.transactions.query<{ n: number | string }>(
    'select count(*) as n from readings r join sensors s on s.series_id = r.series_id where s.device_id = ?',
    [id],
  );
  return Number(rows[0]!.n);
}

describe('http.sh', () => {
  it('hands over readings by API key, and by signature from a device that must sign', async () => {
    const { id, bundle } = await device();
    const plain = await run(join(CLIENTS, 'http.sh'), [bundle, '{"water_level_cm": 11.5}']);
    expect(plain).toMatchObject({ code: 0 });
    expect(JSON.parse(plain.stdout)).toMatchObject({ data: { accepted: 1, rejected: [] } });
    await mustSign(id);
    const signed = await run(join(CLIENTS, 'http.sh'), [bundle, '{"water_level_cm": 12.5}', '--signed']);
    expect(signed).toMatchObject({ code: 0 });
    await untilStored(id, 12.5);
  });

  it('does not repeat what was refused, and fails when no value was taken', async () => {
    const { bundle } = await device();
    const none = await run(join(CLIENTS, 'http.sh'), [bundle, '{"nothing_known": 1}']);
    expect(none.code).not.toBe(0);
    const file = readFileSync(join(bundle, 'credentials.json'), 'utf8');
    const { apiKey } = JSON.parse(file) as CredentialsFile;
    writeFileSync(join(bundle, 'credentials.json'), file.replace(apiKey!, 'wrong'));
    const wrong = await run(join(CLIENTS, 'http.sh'), [bundle, '{"water_level_cm": 1}']);
    expect(wrong).toMatchObject({ code: 1, stderr: 'the platform answered 401\n' });
  });
});

describe('mosquitto.sh', () => {
  const script = (bundle: string, args: readonly string[], input?: string) =>
    run(join(CLIENTS, 'mosquitto.sh'), [bundle, ...args], input);

  it('hands over a reading, a status, a heartbeat, and a stream of readings', async () => {
    const { id, bundle } = await device();
    expect(await script(bundle, ['data', '{"water_level_cm": 21.5}'])).toMatchObject({ code: 0 });
    await untilStored(id, 21.5);
    expect(await script(bundle, ['status', 'fault', 'Sensor is broken'])).toMatchObject({ code: 0 });
    expect(await script(bundle, ['heartbeat'])).toMatchObject({ code: 0 });
    await until(() => said.includes(`sensors/${id}/heartbeat {}`));
    expect(said).toContain(`sensors/${id}/status {"status":"fault","message":"Sensor is broken"}`);
    const lines = Array.from({ length: 5 }, (_, i) => `{"water_level_cm": ${30 + i}}\n`).join('');
    expect(await script(bundle, ['stream'], lines)).toMatchObject({ code: 0 });
    await untilStored(id, 34);
  });

  it('signs for a device that must sign', async () => {
    const { id, bundle } = await device();
    await mustSign(id);
    expect(await script(bundle, ['data', '{"water_level_cm": 1.5}'])).toMatchObject({ code: 0 });
    expect(await script(bundle, ['signed', '{"water_level_cm": 22.5}'])).toMatchObject({ code: 0 });
    await untilStored(id, 22.5);
    expect(await storedCount(id)).toBe(1);
  });

  it('speaks 3.1.1 with a broker that knows nothing newer, also when it signs', async () => {
    const old = await oldBroker();
    const { id, bundle } = await device(old.url);
    await mustSign(id);
    expect(await script(bundle, ['signed', '{"water_level_cm": 23.5}'])).toMatchObject({ code: 0 });
    await untilStored(id, 23.5);
    old.close();
  });

  it('fails when there is no broker', async () => {
    const { bundle } = await device();
    const file = readFileSync(join(bundle, 'credentials.json'), 'utf8');
    const { mqtt } = JSON.parse(file) as CredentialsFile;
    const copy = mkdtempSync(join(tmpdir(), 'hydroalert-bundle-'));
    cpSync(bundle, copy, { recursive: true });
    writeFileSync(join(copy, 'credentials.json'), file.replace(`"port": ${mqtt.port}`, '"port": 1'));
    expect((await script(copy, ['data', '{"water_level_cm": 1}'])).code).not.toBe(0);
    rmSync(copy, { recursive: true });
  });
});

describe('paho_client.py', () => {
  const client = (bundle: string, args: readonly string[], input: string) =>
    run(requirePaho(), [join(CLIENTS, 'paho_client.py'), bundle, ...args], input);
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => `{"water_level_cm": ${from + i}}\n`).join('');

  it.each([['--mqtt311'], [] as string[]])('hands over every line it reads and says goodbye %s', async (...args) => {
    const { id, bundle } = await device();
    expect(await client(bundle, args, lines(100, 30))).toMatchObject({ code: 0, stderr: '' });
    await untilStored(id, 129);
    await until(() => said.includes(`sensors/${id}/status {"status":"offline"}`));
    expect(said).toContain(`sensors/${id}/status {"status":"online"}`);
  });

  it.each([['--mqtt311'], [] as string[]])('signs for a device that must sign %s', async (...args) => {
    const { id, bundle } = await device();
    await mustSign(id);
    expect(await client(bundle, ['--signed', ...args], lines(200, 1))).toMatchObject({ code: 0 });
    await untilStored(id, 200);
  });

  it('goes on with 3.1.1 where the broker refuses MQTT 5, and says nothing of itself when told so', async () => {
    const old = await oldBroker();
    const { id, bundle } = await device(old.url);
    await mustSign(id);
    expect(await client(bundle, ['--signed', '--no-status'], lines(250, 30))).toMatchObject({ code: 0 });
    await untilStored(id, 279);
    expect(said.filter((one) => one.startsWith(`sensors/${id}/status`))).toEqual([]);
    old.close();
  });

  it('ends without a word of its inside when it is told to while no broker is there', async () => {
    const { bundle } = await device('mqtt://127.0.0.1:1');
    const child = spawn(requirePaho(), [join(CLIENTS, 'paho_client.py'), bundle, '--stay'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.stdin.write(lines(290, 1));
    await until(() => existsQueue(bundle));
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  it('keeps what no broker takes, over a kill, and hands it over later', async () => {
    const { id, bundle } = await device();
    const { broker } = world.installation;
    await broker.kill();
    const child = spawn(requirePaho(), [join(CLIENTS, 'paho_client.py'), bundle, '--stay'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.write(lines(300, 1));
    await until(() => existsQueue(bundle));
    child.kill('SIGKILL');
    await broker.start();
    // A broker that was killed may have forgotten who subscribed to what.
    await until(async () => {
      const { subscriber } = await world.root.get<{ subscriber: { subscribed: boolean } }>('/monitoring/mqtt/status');
      return subscriber.subscribed;
    });
    expect(await client(bundle, [], lines(301, 1))).toMatchObject({ code: 0 });
    await untilStored(id, 301);
    expect(await storedCount(id)).toBe(2);
  });

  it('goes on when its queue was empty for a while', async () => {
    const { id, bundle } = await device();
    const child = spawn(requirePaho(), [join(CLIENTS, 'paho_client.py'), bundle], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (const value of [400, 401, 402]) {
      child.stdin.write(lines(value, 1));
      await untilStored(id, value);
    }
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  it('answers commands', async () => {
    const { id, bundle } = await device();
    const child = spawn(requirePaho(), [join(CLIENTS, 'paho_client.py'), bundle, '--stay'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await until(() => said.includes(`sensors/${id}/status {"status":"online"}`));
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const command = { commandId: 'c-1', name: 'ping', payload: 7, expiresAt };
    await watcher.publishAsync(`system/${id}/command`, JSON.stringify(command), { qos: 1 });
    const answers = () =>
      said
        .filter((one) => one.startsWith(`system/${id}/response `))
        .map((one) => JSON.parse(one.slice(one.indexOf('{'))) as unknown);
    await until(() => answers().length > 0);
    expect(answers()[0]).toEqual({ commandId: 'c-1', status: 'ok', result: { pong: 7 } });
    child.kill('SIGTERM');
    await until(() => said.includes(`sensors/${id}/status {"status":"offline"}`));
  });
});

/** Whether the client has written what it read. */
function existsQueue(bundle: string): boolean {
  try {
    return readFileSync(join(bundle, 'queue.sqlite-wal')).includes('water_level_cm');
  } catch {
    return false;
  }
}

describe('hydroalert.ino', () => {
  it('is C++ that fits the declarations of the ESP32 core; it was not run on a board', async () => {
    const compiler = requireProgram({ names: ['g++'], packages: ['g++'], what: 'g++' });
    const folder = mkdtempSync(join(tmpdir(), 'hydroalert-sketch-'));
    cpSync(join(CLIENTS, 'esp32', 'secrets.example.h'), join(folder, 'secrets.h'));
    const flags = '-std=gnu++17 -fsyntax-only -Wall -Wextra -Werror -x c++'.split(' ');
    const args = [...flags, `-I${STUBS}`, `-I${folder}`];
    expect(await run(compiler, [...args, join(CLIENTS, 'esp32', 'hydroalert.ino')])).toMatchObject({
      code: 0,
      stderr: '',
    });
    rmSync(folder, { recursive: true });
  });
});
