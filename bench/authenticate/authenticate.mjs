/** Authentication of devices: whether the time tells which devices exist, and what 200 at once do to the event loop. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deviceId as benchDevice, seedCountry } from '../lib/country.mjs';
import { closeStage, openStage, signIn, startApp } from '../lib/stage.mjs';
import { median, printTable, quantile } from '../lib/table.mjs';
import { mannWhitney, welch } from './statistics.mjs';

const AT_ONCE = 200;
const SAMPLES = { 'API key': 1_500, signature: 1_500, certificate: 1_500, 'MQTT password': 400 };
/** What is thrown away at the beginning: compiling, connections, caches. */
const WARM_UP = 60;
const LOOP_FILE = join(tmpdir(), `bench-loop-${process.pid}.json`);

export async function authenticate() {
  const stage = await openStage();
  process.env.BENCH_NODE_ARGS = `--import ${join(import.meta.dirname, 'loop-probe.mjs')}`;
  const app = await startApp(stage, { BENCH_LOOP_FILE: LOOP_FILE });
  try {
    await seedCountry(stage.db, { municipalities: 1, devices: 1 });
    const { rows } = await stage.db.query(`select municipality_id from devices where id = $1`, [benchDevice(0)]);
    const token = await signIn(app);
    const devices = await register(app, token, rows[0].municipality_id);
    const certificates = await prepareCertificates(app, token, rows[0].municipality_id);
    const timing = await compareTimes(app, devices[0], certificates);
    printTable('Wrong credentials of a known device against those of an unknown one (ms, one after the other)', timing);
    const load = await loadLoop(app, stage, devices);
    printTable(`${AT_ONCE} authentications at once, and the event loop meanwhile (ms)`, load);
    return { timing, load };
  } finally {
    delete process.env.BENCH_NODE_ARGS;
    rmSync(LOOP_FILE, { force: true });
    await app.stop();
    await closeStage(stage);
  }
}

async function register(app, token, municipalityId) {
  const devices = [];
  for (let i = 0; i < AT_ONCE; i++) {
    devices.push(await registerOne(app, token, municipalityId, `auth-${i}`, ['api_key', 'mqtt', 'hmac']));
  }
  return devices;
}

async function registerOne(app, token, municipalityId, deviceId, authMethods) {
  const body = { deviceId, name: deviceId, municipalityId, authMethods };
  const answer = await call(app, 'POST', '/devices/register', body, { authorization: `Bearer ${token}` });
  if (answer.status !== 201) throw new Error(`registration failed: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text).data;
}

/** Two certificates of our own authority: one that was revoked, and one whose device is no longer there. */
async function prepareCertificates(app, token, municipalityId) {
  const headers = { authorization: `Bearer ${token}` };
  const [revoked, gone] = ['cert-0', 'gone-0'].map((id) =>
    registerOne(app, token, municipalityId, id, ['certificate']),
  );
  const path = `/devices/certificates/${(await revoked).credentials.certificate.fingerprint}/revoke`;
  const answers = [
    await call(app, 'POST', path, {}, headers),
    await call(app, 'DELETE', `/devices/${(await gone).deviceId}`, undefined, headers),
  ];
  for (const { status, text } of answers) if (status >= 300) throw new Error(`${status} ${text}`);
  return { wrong: await revoked, unknown: await gone };
}

/** Every pair of ways is asked in turns, in an order by chance, so that what the machine does besides hits both alike. */
async function compareTimes(app, known, certificates) {
  const rows = [];
  for (const [way, ask] of Object.entries(questions(app, known, certificates))) {
    const samples = await sample({ wrong: () => ask('wrong'), unknown: () => ask('unknown') }, SAMPLES[way]);
    const control = await sample({ one: () => ask('unknown'), other: () => ask('unknown') }, SAMPLES[way]);
    rows.push(rowOf(way, 'wrong', samples.wrong, 'unknown', samples.unknown));
    rows.push(rowOf(`${way} (control)`, 'unknown', control.one, 'unknown', control.other));
  }
  return rows;
}

function rowOf(way, leftName, left, rightName, right) {
  const order = mannWhitney(left, right);
  const means = welch(left, right);
  return {
    way,
    n: left.length,
    'median A': median(left),
    'p95 A': quantile(left, 0.95),
    'median B': median(right),
    'p95 B': quantile(right, 0.95),
    'A − B (µs)': Math.round((median(left) - median(right)) * 1000),
    'A longer (%)': order.longer * 100,
    'Mann–Whitney p': order.p,
    'Welch p': means.p,
    'A, B': `${leftName}, ${rightName}`,
  };
}

async function sample(ways, count) {
  const names = Object.keys(ways);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < count + WARM_UP; i++) {
    for (const name of Math.random() < 0.5 ? names : [...names].reverse()) {
      const started = performance.now();
      await ways[name]();
      if (i >= WARM_UP) times[name].push(performance.now() - started);
    }
  }
  return times;
}

/** How to ask with credentials that are wrong, and with those of a device that is not there, of the same length. */
function questions(app, known, certificates) {
  const { deviceId, credentials } = known;
  const stranger = 'a'.repeat(deviceId.length);
  const nameOf = (kind) => (kind === 'wrong' ? deviceId : stranger);
  const refused = async (work, status = 401) => {
    const answer = await work;
    if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  };
  const [prefix] = credentials.apiKey.split('.');
  const unknownPrefix = `hak_${randomBytes(10).toString('hex')}`;
  const unknownUser = `${stranger}~${randomUUID()}`;
  return {
    'API key': (kind) => {
      const apiKey = `${kind === 'wrong' ? prefix : unknownPrefix}.${randomBytes(32).toString('base64url')}`;
      return refused(post(app, '/devices/authenticate', { deviceId: nameOf(kind), apiKey }));
    },
    'MQTT password': (kind) => {
      const username = kind === 'wrong' ? credentials.mqtt.username : unknownUser;
      const password = randomBytes(32).toString('base64url');
      return refused(post(app, '/devices/authenticate', { deviceId: nameOf(kind), username, password }));
    },
    signature: (kind) => {
      const [timestamp, nonce, body] = [String(Date.now()), randomUUID(), '{"values":{"water_level_cm":1}}'];
      const signature = createHmac('sha256', 'wrong').update(`${timestamp}\n${nonce}\n${body}`).digest('hex');
      const headers = {
        'x-device-id': nameOf(kind),
        'x-timestamp': timestamp,
        'x-nonce': nonce,
        'x-signature': signature,
      };
      return refused(post(app, '/readings', JSON.parse(body), headers));
    },
    certificate: (kind) => {
      const { deviceId, credentials } = certificates[kind];
      const { certificatePem } = credentials.certificate;
      return refused(post(app, '/devices/authenticate', { deviceId, certificatePem }));
    },
  };
}

async function loadLoop(app, stage, devices) {
  const hook = { authorization: `Bearer ${stage.env.BROKER_HOOK_TOKEN}` };
  const broker = ({ deviceId, credentials }, password = credentials.mqtt.password) =>
    post(app, '/broker/auth', { clientid: deviceId, username: credentials.mqtt.username, password }, hook);
  const wrong = () => randomBytes(32).toString('base64url');
  // A new process remembers no password; registering them does not count.
  const rows = [await underLoad(app, 'nothing (2 s)', () => sleep(2_000))];
  rows.push(
    await underLoad(app, 'MQTT passwords, first time', () => all(devices, (device) => broker(device), 'allow')),
  );
  rows.push(await underLoad(app, 'the same again', () => all(devices, (device) => broker(device), 'allow')));
  rows.push(
    await underLoad(app, 'wrong MQTT passwords', () => all(devices, (device) => broker(device, wrong()), 'deny')),
  );
  rows.push(
    await underLoad(app, 'API keys', () =>
      all(
        devices,
        ({ deviceId, credentials: { apiKey } }) => post(app, '/devices/authenticate', { deviceId, apiKey }),
        'true',
      ),
    ),
  );
  return rows;
}

/** Asks for all at once; milliseconds of each. */
async function all(devices, ask, expected) {
  return Promise.all(
    devices.map(async (device) => {
      const started = performance.now();
      const { text } = await ask(device);
      if (!text.includes(expected)) throw new Error(`expected ${expected}: ${text}`);
      return performance.now() - started;
    }),
  );
}

async function underLoad(app, what, work) {
  await figures(app);
  const started = performance.now();
  const times = (await work()) ?? [];
  const total = performance.now() - started;
  const { meanMs, p99Ms, maxMs, cpuMs } = await figures(app);
  return {
    'at once': what,
    total,
    'a second': times.length === 0 ? null : (times.length / total) * 1000,
    'median wait': times.length === 0 ? null : median(times),
    'longest wait': times.length === 0 ? null : Math.max(...times),
    'loop delay: mean': meanMs,
    p99: p99Ms,
    max: maxMs,
    'CPU (ms)': cpuMs,
  };
}

/** What the loop did since the last call. */
async function figures(app) {
  rmSync(LOOP_FILE, { force: true });
  process.kill(app.pid, 'SIGUSR2');
  while (!existsSync(LOOP_FILE)) await sleep(5);
  return JSON.parse(readFileSync(LOOP_FILE, 'utf8'));
}

function post(app, path, body, headers) {
  return call(app, 'POST', path, body, headers);
}

async function call(app, method, path, body, headers = {}) {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}
