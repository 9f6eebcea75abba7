import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis } from '../../scripts/services/redis.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import type { LiveEvent } from '../../src/outbox/live-event.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { describeBothDatabases } from '../support/databases.js';
import { LiveApp, makeSensor } from '../support/live-app.js';
import { expectedEvents, Follower, toldEvents } from '../support/live-follower.js';
import {
  alertEvent,
  type LiveLogRooms,
  makeMunicipalities,
  openLiveLog,
  readingsEvent,
  until,
} from '../support/live-log.js';

describeBothDatabases((db) => {
  let redis: Service;
  let live: LiveApp;
  let municipality: string;
  let sensor: string;
  let token: string;
  /** A publisher that is killed between commit and publish, every time: nothing of it ever reaches Redis. */
  let silent: LiveLogRooms;

  beforeAll(async () => {
    redis = await startRedis();
    live = await LiveApp.start(db, { REDIS_URL: redis.url });
    silent = await openLiveLog(db, { redisUrl: 'redis://127.0.0.1:1', waitForRedis: false });
    [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
    sensor = await makeSensor(db.transactions, municipality);
    token = await live.token('operator', municipality);
  });
  afterAll(async () => {
    silent?.close();
    await live?.close();
    await redis?.stop();
  });

  const committed = async (): Promise<LiveEvent[]> => {
    const { rows } = await db.transactions.query<LiveEvent>(
      'select type, payload from outbox_events where municipality_id = ? order by position',
      [municipality],
    );
    return rows;
  };
  const events = (number: number) => [
    alertEvent(municipality, number),
    readingsEvent(municipality, [{ sensorId: sensor, instant: number, value: number }]),
  ];

  it('tells everything in order while Redis is killed, comes back empty, and publishers die before they publish', async () => {
    const before = (await committed()).length;
    const follower = new Follower(token, ['alerts', `readings:${sensor}`], municipality);
    await follower.follow(live, () => true);
    let last = Infinity;
    const following = follower.follow(live, () => follower.events.length >= last);
    await until(() => live.get(RedisConnections).available);
    for (let number = 0; number < 120; number++) {
      const publisher = number % 10 === 3 ? silent : live;
      await publisher.append(events(number));
      if (number === 30 || number === 60) await redis.restart();
      if (number === 90) await redis.kill();
      if (number === 105) await redis.start();
    }
    const expected = expectedEvents((await committed()).slice(before));
    last = expected.length;
    await following;
    expect(toldEvents(follower.events)).toEqual(expected);
    await until(() => live.get(RedisConnections).available);
    expect(live.get(OutboxRelay).counters.left).toBeGreaterThan(0);
  });

  it('goes by Redis again after it came back', async () => {
    await until(() => live.get(RedisConnections).available);
    const client = await live.connect(token);
    await client.subscribe(['alerts']);
    const { published } = live.get(OutboxRelay).counters;
    await live.append([alertEvent(municipality, 1)]);
    await until(() => client.events.length === 1 && live.get(OutboxRelay).counters.published > published);
  });

  it('tells what only the table knows', async () => {
    const client = await live.connect(token);
    await client.subscribe(['alerts']);
    for (let number = 0; number < 3; number++) await silent.append([alertEvent(municipality, number)]);
    await until(() => client.events.length === 3);
    expect(client.data).toEqual([0, 1, 2].map((number) => ({ number })));
  });

  it('starts, tells and replays without any Redis', async () => {
    const alone = await LiveApp.start(db, { REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      const client = await alone.connect(token);
      const { cursor } = await client.subscribe(['alerts']);
      await alone.append([alertEvent(municipality, 1)]);
      await silent.append([alertEvent(municipality, 2)]);
      await until(() => client.events.length === 2);
      const again = await alone.connect(token);
      await again.subscribe(['alerts'], { cursor });
      await until(() => again.events.length === 2);
      expect(again.events).toEqual(client.events);
    } finally {
      await alone.close();
    }
  });
});
