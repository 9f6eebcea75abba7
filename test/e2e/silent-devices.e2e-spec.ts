import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spawnApp } from '../../scripts/services/app.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { testEnvironment } from '../support/app.js';
import { TestDatabase } from '../support/databases.js';
import { makeMunicipalities } from '../support/live-log.js';

const DEVICES = 1_000;
/** Each connection speaks for many devices. */
const CONNECTIONS = 20;
const INTERVAL_SECONDS = 4;
/** Twice per interval, so that a busy machine does not make a device late. */
const PUBLISH_EVERY_MS = 2_000;
const GRACE_SECONDS = 10;

const db = new TestDatabase('postgres');
const ids = Array.from({ length: DEVICES }, (_, i) => `silent-${String(i).padStart(4, '0')}`);
const mute = new Set<string>();
let broker: Service;
let app: Service;
let municipality: string;
let connections: MqttClient[];
let beats: NodeJS.Timeout[];

beforeAll(async () => {
  await db.open();
  broker = await startMosquitto();
  [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
  const now = db.dialect.instant(Date.now());
  await db.transactions.query(
    `insert into devices (id, municipality_id, name, heartbeat_interval_seconds, created_at, updated_at)
     values ${ids.map(() => '(?,?,?,?,?,?)').join(',')}`,
    ids.flatMap((id) => [id, municipality, id, INTERVAL_SECONDS, now, now]),
  );
  const env = { DATABASE_URL: db.url, MQTT_URL: broker.url, HEARTBEAT_GRACE: String(GRACE_SECONDS) };
  app = await spawnApp({ env: testEnvironment({ env }) });
  connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectAsync(broker.url)));
  for (const client of connections) client.on('error', () => undefined); // It comes back by itself.
  beats = connections.map((client, i) => setInterval(() => beat(client, i), PUBLISH_EVERY_MS));
});
afterAll(async () => {
  beats?.forEach((timer) => clearInterval(timer));
  await Promise.all(connections?.map((client) => client.endAsync(true)) ?? []);
  await app?.stop();
  await broker?.stop();
  await db.close();
});

/** QoS 0: what is sent while somebody is away is lost. */
function beat(client: MqttClient, connection: number): void {
  if (!client.connected) return;
  for (let i = connection; i < DEVICES; i += CONNECTIONS) {
    if (!mute.has(ids[i]!)) client.publish(`sensors/${ids[i]}/heartbeat`, '{}', { qos: 0 });
  }
}

/** The time limit of the test ends a wait for what never comes. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 250));
}

async function rows<Row>(sql: string): Promise<Row[]> {
  return (await db.transactions.query<Row>(sql, [municipality])).rows;
}
const count = async (sql: string): Promise<number> => Number((await rows<{ n: string }>(sql))[0]!.n);

const heard = () =>
  count(`select count(*) as n from device_presence p join devices d on d.id = p.device_id
         where d.municipality_id = ? and p.state = 'online'`);
const missed = async (): Promise<string[]> =>
  (
    await rows<{ device_id: string }>(
      `select device_id from alerts where municipality_id = ? and kind = 'device_offline' order by device_id`,
    )
  ).map((row) => row.device_id);
const everOffline = () =>
  count(`select count(distinct device_id) as n from device_status_history
         where municipality_id = ? and to_state = 'offline'`);

it('no kill and no restart of the broker makes a false alert of 1,000 devices, and a silent one is reported', async () => {
  await until(async () => (await heard()) === DEVICES);

  // One falls silent for good while the application is dead for longer than it takes to be offline.
  mute.add(ids[7]!);
  await app.kill();
  await new Promise((resolve) => setTimeout(resolve, INTERVAL_SECONDS * 3_000 + 1_000));
  await app.start();
  await until(async () => (await missed()).length > 0);
  expect(await missed()).toEqual([ids[7]]);
  expect(await everOffline()).toBe(1);

  mute.add(ids[8]!);
  await broker.restart();
  await until(async () => (await missed()).length > 1);
  expect(await missed()).toEqual([ids[7], ids[8]]);
  expect(await everOffline()).toBe(2);
  // Whoever lives was heard again meanwhile, and is nothing but online.
  await until(async () => (await heard()) === DEVICES - 2);

  // The silence that was missed lasted three intervals in which somebody listened, and no sweep changes its beginning.
  const [last] = await rows<{ opened_at: string; created_at: string; last_seen_at: string }>(
    `select a.opened_at, a.created_at, p.last_seen_at from alerts a join device_presence p on p.device_id = a.device_id
     where a.municipality_id = ? order by a.opened_at desc limit 1`,
  );
  const silence = db.dialect.epochMs(last!.opened_at) - db.dialect.epochMs(last!.last_seen_at);
  expect(silence).toBeGreaterThan(INTERVAL_SECONDS * 3_000);
  // It was reported by the next sweep: 4 s until silence is judged, and twice the time between two sweeps.
  const found = db.dialect.epochMs(last!.created_at) - db.dialect.epochMs(last!.opened_at);
  expect(found).toBeLessThan(24_000);
  expect(await missed()).toHaveLength(2);
}, 240_000);
