import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spawnApp } from '../../scripts/services/app.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { startRedis } from '../../scripts/services/redis.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import type { LiveEvent } from '../../src/outbox/live-event.js';
import { testEnvironment } from '../support/app.js';
import { TestDatabase } from '../support/databases.js';
import { LiveClient, makeSensor, makeUser } from '../support/live-app.js';
import { accessTokenOf } from '../support/access-tokens.js';
import { expectedEvents, Follower, randomNumbers, toldEvents } from '../support/live-follower.js';
import { makeMunicipalities, until } from '../support/live-log.js';

const DEVICES = 10;
const READINGS = 4_000;
const DISCONNECTS = 20;
/** Readings on their way to the broker at once. */
const UNDER_WAY = 50;
/** The load waits for the client where it is so much ahead of it, so that it lasts until the last disconnect. */
const AHEAD = 600;

const db = new TestDatabase('postgres');
let redis: Service;
let broker: Service;
let app: Service;
let municipality: string;
let sensors: string[];
let token: string;

beforeAll(async () => {
  await db.open();
  [redis, broker] = await Promise.all([startRedis(), startMosquitto()]);
  [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
  sensors = [];
  for (let i = 0; i < DEVICES; i++) sensors.push(await makeSensor(db.transactions, municipality, `river-${i}`));
  const env = testEnvironment({ env: { DATABASE_URL: db.url, REDIS_URL: redis.url, MQTT_URL: broker.url } });
  app = await spawnApp({ env });
  const subject = await makeUser(db.transactions, 'operator', municipality);
  token = await accessTokenOf(db.transactions, env['JWT_SECRET']!, { subject, expiresIn: 3_600 });
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([redis?.stop(), broker?.stop()]);
  await db.close();
});

/** Connects as a browser does: again and again while the application is away. */
const door = {
  async connect(accessToken: string): Promise<LiveClient> {
    for (;;) {
      const client = new LiveClient(app.url, accessToken);
      const connected = await client.connected().then(
        () => true,
        () => false,
      );
      if (connected) return client;
      client.socket.disconnect();
    }
  },
};

async function publishAll(devices: MqttClient, seen: () => number): Promise<void> {
  const from = Date.now() - 3_600_000;
  let next = 0;
  const publish = async (): Promise<void> => {
    while (next < READINGS) {
      const number = next++;
      await until(() => number < seen() + AHEAD);
      const payload = JSON.stringify({ timestamp: from + number, values: { water_level_cm: number % 500 } });
      await devices.publishAsync(`sensors/river-${number % DEVICES}/data`, payload, { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, publish));
}

it('tells a client exactly the committed rows, in order, through kills of the application and of Redis', async () => {
  const random = randomNumbers(4);
  const follower = new Follower(
    token,
    sensors.map((id) => `readings:${id}`),
    municipality,
  );
  await follower.follow(door, () => true);
  const devices = await connectAsync(broker.url);
  const publishing = publishAll(devices, () => follower.events.length);
  for (let i = 1; i <= DISCONNECTS; i++) {
    const enough = Math.min(READINGS, follower.events.length + 1 + random(READINGS / DISCONNECTS));
    await follower.follow(door, () => follower.events.length >= enough);
    if (i === 5 || i === 12) await app.restart();
    if (i === 9 || i === 12) await redis.restart();
  }
  await follower.follow(door, () => follower.events.length >= READINGS);
  await publishing;
  const { rows } = await db.transactions.query<LiveEvent>(
    'select type, payload from outbox_events where municipality_id = ? order by position',
    [municipality],
  );
  const expected = expectedEvents(rows.filter(({ type }) => type === 'readings'));
  expect(expected.length).toBe(READINGS);
  expect(toldEvents(follower.events)).toEqual(expected);
  await devices.endAsync();
});
