/**
 * How long a Mosquitto with dynamic security is out of step: after it lost its file, and when a device is deactivated. Since
 * that is mostly the time of Mosquitto itself, a bare loop tells another one the same in the same run.
 * `--devices N`: as many devices, each with one MQTT credential.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { writeDynamicSecurity } from '../../scripts/services/dynamic-security.mjs';
import { deviceId, seedCountry } from '../lib/country.mjs';
import { closeStage, openStage, signIn, startApp } from '../lib/stage.mjs';
import { median, printTable } from '../lib/table.mjs';
import { cpuSeconds } from '../lib/usage.mjs';
import { bareLoop, busySeconds } from './bare-loop.mjs';

const PLATFORM = { username: 'platform', password: crypto.randomUUID() };
/** Issue "Devices": a broker that knows nothing learns 1,000 devices in 10 s; a deactivated device is out within 1 s. */
const LIMITS = { devices: 1_000, seconds: 10, ratio: 1.15, deactivationMs: 1_000 };
const DEACTIVATIONS = 20;

export async function broker({ devices }) {
  const settings = {
    MQTT_DYNAMIC_SECURITY: 'true',
    MQTT_USERNAME: PLATFORM.username,
    MQTT_PASSWORD: PLATFORM.password,
    // That of other benchmarks begins like the ids of their devices, and such ids are the platform's.
    MQTT_CLIENT_ID: 'hydroalert-bench',
    LOG_LEVEL: 'warn',
  };
  const stage = await openStage({ broker: { dynamicSecurity: PLATFORM }, settings });
  let app;
  try {
    await seedCountry(stage.db, { municipalities: 1, devices });
    const passwords = await seedCredentials(stage, devices);
    app = await startApp(stage);
    await reconciled(stage, null);
    const nothingToDo = await measureComparison(stage);
    const bare = await bareLoop(PLATFORM, await commandsOf(passwords));
    const repair = await measureRepair(stage);
    const ratio = repair.seconds / bare.seconds;
    const out = await measureDeactivations(stage, app, passwords);
    const figures = { devices, bare, ...repair, ratio, comparisonSeconds: nothingToDo, ...out, limits: LIMITS };
    const verdict = repair.seconds <= LIMITS.seconds ? 'met' : 'NOT MET';
    printTable(`Broker rights, ${devices.toLocaleString('en')} devices, Mosquitto with dynamic security`, [
      {
        what: 'all devices after it lost its file',
        value: repair.seconds,
        unit: 's',
        limit: devices === LIMITS.devices ? `10 s for 1,000: ${verdict}` : '10 s for 1,000',
      },
      { what: 'CPU of the broker for that', value: repair.brokerCpuSeconds, unit: 's' },
      { what: 'of it the broker had nothing to do', value: repair.brokerIdleSeconds, unit: 's' },
      { what: 'the same commands from a bare loop', value: bare.seconds, unit: 's' },
      { what: 'CPU of the broker for that', value: bare.cpuSeconds, unit: 's' },
      { what: 'of it the broker had nothing to do', value: bare.idleSeconds, unit: 's' },
      {
        what: 'platform / bare loop',
        value: ratio,
        unit: '',
        limit: `${LIMITS.ratio}: ${ratio <= LIMITS.ratio ? 'met' : 'NOT MET'}`,
      },
      { what: 'comparison without differences', value: nothingToDo, unit: 's' },
      { what: 'deactivated → session ended, median', value: out.deactivationMedianMs, unit: 'ms' },
      {
        what: `deactivated → session ended, longest of ${DEACTIVATIONS}`,
        value: out.deactivationMaxMs,
        unit: 'ms',
        limit: `1,000 ms: ${out.deactivationMaxMs <= LIMITS.deactivationMs ? 'met' : 'NOT MET'}`,
      },
    ]);
    return figures;
  } finally {
    await app?.stop();
    await closeStage(stage);
  }
}

/** MQTT credentials as the application stores them, without the slow hash that only other doors look at. */
async function seedCredentials({ db, env }, devices) {
  const { SecretCipher } = await import('../../dist/database/secret-cipher.js');
  const cipher = new SecretCipher({ auth: { encryptionKey: Buffer.from(env.ENCRYPTION_KEY, 'base64') } });
  const passwords = new Map();
  for (let i = 0; i < devices; i++) {
    const id = crypto.randomUUID();
    const username = `${deviceId(i)}~${id}`;
    const password = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    passwords.set(deviceId(i), { username, password });
    await db.query(
      `insert into device_credentials (id, device_id, kind, lookup, secret_encrypted, created_at)
       values ($1, $2, 'mqtt', $3, $4, now())`,
      [id, deviceId(i), username, cipher.encrypt(password, username)],
    );
  }
  return passwords;
}

/** What a broker that knows nothing has to be told, by the platform's own rules. */
async function commandsOf(passwords) {
  const { plansFor } = await import('../../dist/devices/broker/rights-diff.js');
  const { BrokerState } = await import('../../dist/devices/broker/broker-state.js');
  const nothing = new BrokerState([], [], { publishClientReceive: true });
  const desired = new Map([...passwords].map(([id, user]) => [id, [{ kind: 'mqtt', ...user }]]));
  return plansFor(desired.keys(), desired, nothing).flatMap(({ commands }) => commands);
}

/** Waits for the end of a comparison that is not the given one. */
async function reconciled({ db }, last) {
  for (;;) {
    const { rows } = await db.query(`select reconciled_at, differences from broker_sync`);
    const [{ reconciled_at: at, differences }] = rows;
    if (at !== null && at.getTime() !== last?.getTime()) return { at, differences };
    await sleep(10);
  }
}

async function lastOf({ db }) {
  const { rows } = await db.query(`select reconciled_at from broker_sync`);
  return rows[0].reconciled_at;
}

/** From the moment that the restarted broker answers: with what it knew, nothing has to be done. */
async function measureComparison(stage) {
  const last = await lastOf(stage);
  await stage.mosquitto.restart({ polite: true });
  return waitFrom(performance.now(), stage, last, 0);
}

async function waitFrom(begin, stage, last, expected) {
  const { differences } = await reconciled(stage, last);
  if (differences !== expected) throw new Error(`${differences} differences, ${expected} expected`);
  return (performance.now() - begin) / 1000;
}

async function measureRepair(stage) {
  const { mosquitto, db } = stage;
  const last = await lastOf(stage);
  const { rows } = await db.query(`select count(*)::int as n from devices`);
  await mosquitto.kill();
  const file = join(mosquitto.dir, 'dynamic-security.json');
  rmSync(file);
  writeDynamicSecurity(file, PLATFORM);
  await mosquitto.start();
  const seconds = await waitFrom(performance.now(), stage, last, rows[0].n);
  const idleSeconds = Math.max(0, seconds - busySeconds(mosquitto.pid));
  return { seconds, brokerCpuSeconds: cpuSeconds(mosquitto.pid), brokerIdleSeconds: idleSeconds };
}

/** From the request to the end of the device's session. */
async function measureDeactivations(stage, app, passwords) {
  const token = await signIn(app);
  const times = [];
  for (const [id, user] of [...passwords].slice(0, DEACTIVATIONS)) {
    const client = await mqtt.connectAsync(stage.mosquitto.url, { clientId: id, ...user, reconnectPeriod: 0 });
    const ended = new Promise((resolve) => client.once('close', resolve));
    const begin = performance.now();
    const answer = await fetch(`${app.url}/api/v1/devices/${id}/deactivate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    await ended;
    times.push(performance.now() - begin);
  }
  return { deactivationMedianMs: median(times), deactivationMaxMs: Math.max(...times) };
}
