/**
 * Ingestion: publish → committed row → live event, against a real Mosquitto, PostgreSQL and Redis, beside the bare limits
 * measured in the same run. Everything shares this machine: broker, database, load generator and application.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { deviceId, seedCountry } from '../lib/country.mjs';
import { startProbe } from '../lib/latency-probe.mjs';
import { closeStage, openStage, signIn, startApp, startScript } from '../lib/stage.mjs';
import { median, printTable } from '../lib/table.mjs';
import { cpuSeconds, peakMemoryMiB } from '../lib/usage.mjs';
import { bareInsert } from './bare-insert.mjs';

const MUNICIPALITIES = 20;
const DEVICES = 1_000;
const BATCH = 20;
/** Messages a second at which latency is measured: about half of what a small machine takes. */
const STEADY_RATE = 8_000;
const LOOK_EVERY_MS = 50;
const WARM_UP = 10_000;
const here = (file) => join(import.meta.dirname, file);

/** Epoch ms where the next round's readings begin; each round writes new ones, all of the last hour. */
let from = Date.now() - 3_600_000;
const nextStart = (steps) => (from += steps + 1_000) - steps;

/** @param {{ messages: number, rounds: number }} size */
export async function ingest({ messages, rounds }) {
  const stage = await openStage();
  try {
    await seedCountry(stage.db, { municipalities: MUNICIPALITIES, devices: DEVICES + 4 });
    const results = [];
    for (let round = 1; round <= rounds; round++) {
      results.push(await measureCounting(stage, messages));
      results.push(await measureBareInsert(stage, messages));
      for (const sets of [1, BATCH]) {
        const size = { messages: Math.ceil(messages / sets / (sets === 1 ? 1 : 0.5)), sets };
        results.push(await measureBridge(stage, size));
        results.push(await measurePlatform(stage, size));
      }
      console.log(`round ${round} of ${rounds} done`);
    }
    return report(results);
  } finally {
    await closeStage(stage);
  }
}

function loadArguments(stage, { messages, sets }) {
  const start = nextStart(Math.ceil(messages / DEVICES) * sets);
  return Object.entries({ port: stage.mosquitto.port, messages, devices: DEVICES, sets, from: start }).flatMap(
    ([name, value]) => [`--${name}`, String(value)],
  );
}

async function emptyReadings({ db }) {
  await db.query(
    `truncate readings, latest_readings, rejected_readings, rule_states, alert_notes, alerts, outbox_events`,
  );
  await db.query('checkpoint');
}

async function measureCounting(stage, messages) {
  return withBridge(stage, 'count', { messages, sets: 1 }, 'bare client, counting only');
}

async function measureBridge(stage, size) {
  await emptyReadings(stage);
  return withBridge(stage, 'insert', size, `bare bridge, ${label(size)}`);
}

async function withBridge(stage, mode, size, name) {
  const args = { mode, mqtt: stage.mosquitto.url, database: stage.postgres.url, messages: size.messages };
  const bridge = startScript(
    here('bridge.mjs'),
    Object.entries(args).flatMap(([key, value]) => [`--${key}`, String(value)]),
  );
  await bridge.line();
  const before = usage(stage, bridge.pid);
  const load = startScript(here('load.mjs'), loadArguments(stage, size));
  const { startedAt, values } = await load.line();
  const { endedAt } = await bridge.line();
  const result = figures(name, size, values, endedAt - startedAt, before, usage(stage, bridge.pid));
  result.peakMiB = peakMemoryMiB(bridge.pid);
  await bridge.stop();
  return result;
}

async function measureBareInsert(stage, rows) {
  await emptyReadings(stage);
  const rate = await bareInsert(stage.db, { rows, batch: 2_000, from: nextStart(Math.ceil(rows / DEVICES)) });
  return { name: 'bare insert, 2,000 rows a statement', 'rows/s': rate };
}

async function measurePlatform(stage, size) {
  await emptyReadings(stage);
  // A session of its own each time: under an old one the broker would have kept what the bridges were sent.
  const app = await startApp(stage, { MQTT_CLIENT_ID: `bench-${randomUUID()}`, MQTT_SESSION_EXPIRY: '1s' });
  try {
    const token = await signIn(app);
    const probe = await startProbe({ app, token, mqttUrl: stage.mosquitto.url, ...(await probeSensor(stage)) });
    await sleep(2_000);
    const idle = await probe.stop();
    const steady = size.sets === 1 ? await measureSteady(stage, app, token) : undefined;
    await warmUp(stage, (messages) => storedAt(app, token, messages), await acknowledged(app, token));
    const before = usage(stage, app.pid);
    const first = await acknowledged(app, token);
    const load = startScript(here('load.mjs'), loadArguments(stage, size));
    const { startedAt, values } = await load.line();
    const endedAt = await storedAt(app, token, first + size.messages);
    const after = usage(stage, app.pid);
    await expectStored(stage, values + WARM_UP);
    const result = figures(`platform, ${label(size)}`, size, values, endedAt - startedAt, before, after);
    const { rows } = await stage.db.query(`select count(*)::int as alerts from alerts`);
    Object.assign(result, {
      'idle p50 ms': idle.p50,
      'steady p50 ms': steady?.p50,
      'steady p99 ms': steady?.p99,
      'events missing': idle.missing + (steady?.missing ?? 0),
      alerts: rows[0].alerts,
      peakMiB: peakMemoryMiB(app.pid),
    });
    return result;
  } finally {
    await app.stop();
  }
}

/** Lets compilers, caches and rule states settle, as they have in a process that runs for days. */
async function warmUp(stage, stored, first) {
  const load = startScript(here('load.mjs'), loadArguments(stage, { messages: WARM_UP, sets: 1 }));
  await load.line();
  await stored(first + WARM_UP);
}

/** Publish → commit → live event while messages come at a steady rate. */
async function measureSteady(stage, app, token) {
  const probe = await startProbe({ app, token, mqttUrl: stage.mosquitto.url, ...(await probeSensor(stage)) });
  const size = { messages: STEADY_RATE * 8, sets: 1 };
  const load = startScript(here('load.mjs'), [...loadArguments(stage, size), '--rate', String(STEADY_RATE)]);
  await load.line();
  const latency = await probe.stop();
  await storedAt(app, token, size.messages);
  await emptyReadings(stage);
  return latency;
}

async function probeSensor({ db }) {
  const { rows } = await db.query(
    `select id as sensor, device_id as device, municipality_id as municipality from sensors where device_id = $1`,
    [deviceId(DEVICES)],
  );
  return rows[0];
}

/** Messages that the application has acknowledged so far: their rows are committed. */
async function acknowledged(app, token) {
  const answer = await fetch(`${app.url}/api/v1/monitoring/mqtt/status`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await answer.json()).data.counters.acknowledged;
}

/** Waits until this many messages are acknowledged; answers when that was seen (epoch ms), at most a look too late. */
async function storedAt(app, token, messages) {
  while ((await acknowledged(app, token)) < messages) await sleep(LOOK_EVERY_MS);
  return Date.now();
}

/** Proves that the acknowledgements told the truth. */
async function expectStored({ db }, values) {
  const { rows } = await db.query(
    `select count(*)::int as stored from readings where series_id <> (select series_id from sensors where device_id = $1)`,
    [deviceId(DEVICES)],
  );
  if (rows[0].stored !== values) throw new Error(`${rows[0].stored} of ${values} values are stored`);
}

function usage(stage, pid) {
  return {
    own: cpuSeconds(pid),
    database: cpuSeconds(stage.postgres.pid),
    broker: cpuSeconds(stage.mosquitto.pid),
    redis: cpuSeconds(stage.redis.pid),
  };
}

function figures(name, { messages, sets }, values, elapsedMs, before, after) {
  const spent = (part) => ((after[part] - before[part]) / values) * 1e6;
  return {
    name,
    'messages/s': (messages / elapsedMs) * 1000,
    'rows/s': (values / elapsedMs) * 1000,
    'CPU s/M: own': spent('own'),
    database: spent('database'),
    broker: spent('broker'),
    redis: spent('redis'),
    sets,
  };
}

const label = ({ sets }) => (sets === 1 ? 'one value a message' : `${sets} values a message`);

/** Medians over the rounds, and the ratios that count. */
function report(results) {
  const names = [...new Set(results.map(({ name }) => name))];
  const rows = names.map((name) => {
    const same = results.filter((result) => result.name === name);
    const row = { name };
    for (const key of Object.keys(same[0])) {
      if (key !== 'name' && key !== 'sets') row[key] = median(same.map((result) => result[key]));
    }
    return row;
  });
  printTable('Ingestion (medians; CPU seconds per million values)', rows);
  const rate = (name, unit) => rows.find((row) => row.name === name)[unit];
  const ratios = {
    'platform / bare bridge, one value a message':
      rate('platform, one value a message', 'messages/s') / rate('bare bridge, one value a message', 'messages/s'),
    [`platform / bare insert, ${BATCH} values a message`]:
      rate(`platform, ${BATCH} values a message`, 'rows/s') / rate('bare insert, 2,000 rows a statement', 'rows/s'),
    [`platform / bare bridge, ${BATCH} values a message`]:
      rate(`platform, ${BATCH} values a message`, 'rows/s') / rate(`bare bridge, ${BATCH} values a message`, 'rows/s'),
  };
  for (const [name, ratio] of Object.entries(ratios)) console.log(`${name}: ${(ratio * 100).toFixed(0)} %`);
  return { rows, ratios, rounds: results };
}
