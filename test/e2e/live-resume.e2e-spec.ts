import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LiveEvent, NewLiveEvent } from '../../src/outbox/live-event.js';
import { LiveLog } from '../../src/outbox/live-log.js';
import { liveStream } from '../../src/outbox/live-stream.js';
import { RedisStreams } from '../../src/redis/redis-streams.js';
import { describeBothDatabases } from '../support/databases.js';
import { LiveApp, makeSensor } from '../support/live-app.js';
import { expectedEvents, Follower, randomNumbers, toldEvents, type Told } from '../support/live-follower.js';
import { alertEvent, makeMunicipalities, readingsEvent, until } from '../support/live-log.js';

const HOUR_MS = 3_600_000;

describeBothDatabases((db) => {
  let instances: LiveApp[];
  let live: LiveApp;
  let municipality: string;
  let sensors: string[];
  let token: string;

  beforeAll(async () => {
    const env = { REDIS_KEY_PREFIX: `test-${db.kind}-${process.pid}:` };
    instances = [await LiveApp.start(db, env), await LiveApp.start(db, env)];
    live = instances[0]!;
    [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
    sensors = [];
    for (let i = 0; i < 4; i++) sensors.push(await makeSensor(db.transactions, municipality));
    token = await live.token('operator', municipality);
  });
  afterAll(async () => {
    for (const instance of instances ?? []) await instance.close();
  });

  const allSensors = (): string[] => sensors.map((id) => `readings:${id}`);
  const lastPosition = async (): Promise<number> =>
    (await live.get(LiveLog).lastPositions([municipality])).get(municipality)!;
  /** The committed rows after a position, from the table itself. */
  const rowsAfter = async (position: number): Promise<LiveEvent[]> => {
    const { rows } = await db.transactions.query<LiveEvent>(
      'select type, payload from outbox_events where municipality_id = ? and position > ? order by position',
      [municipality, position],
    );
    return rows;
  };

  /** Leaves only the table to read from, once everything up to the position was published: publishing goes on behind the commit. */
  const forgetStream = async (position: number): Promise<void> => {
    const streams = live.get(RedisStreams);
    await until(async () => (await streams.lastPosition(liveStream(municipality))) === position);
    await streams.remove(liveStream(municipality));
  };

  /** Appends `count` sets of events on both instances at once. */
  async function load(count: number, random: (below: number) => number): Promise<void> {
    let instant = Date.now();
    const one = (): NewLiveEvent => {
      if (random(4) === 0) return alertEvent(municipality, random(1e9));
      const readings = Array.from({ length: 1 + random(12) }, () => ({
        sensorId: sensors[random(sensors.length)]!,
        instant: instant++,
        value: random(1e9),
      }));
      return readingsEvent(municipality, readings);
    };
    const write = async (instance: LiveApp): Promise<void> => {
      for (let i = 0; i < count; i++) await instance.append(Array.from({ length: 1 + random(3) }, one));
    };
    await Promise.all(instances.map(write));
  }

  it('tells a client that disconnects 20 times under load exactly the committed rows, in order', async () => {
    const random = randomNumbers(20);
    const start = await lastPosition();
    const follower = new Follower(token, ['alerts', ...allSensors()], municipality);
    let enough = 0;
    await follower.follow(live, () => true);
    let writing = true;
    const writer = load(150, random).finally(() => (writing = false));
    for (let i = 0; i < 20; i++) {
      enough = follower.events.length + random(120);
      await follower.follow(instances[random(2)]!, () => !writing || follower.events.length >= enough);
    }
    await writer;
    const expected = expectedEvents(await rowsAfter(start));
    await follower.follow(instances[random(2)]!, () => follower.events.length >= expected.length);
    expect(toldEvents(follower.events)).toEqual(expected);
    expect(new Set(follower.events.map(({ cursor }) => cursor)).size).toBe(expected.length);
  });

  it('goes on within a row of readings, from every place of it', async () => {
    const client = await live.connect(token);
    await client.subscribe(allSensors());
    const readings = sensors.map((sensorId, i) => ({ sensorId, instant: 1_000 + i, value: i }));
    await live.append([readingsEvent(municipality, readings), alertEvent(municipality, 1)]);
    await until(() => client.events.length === readings.length);
    for (const [i, { cursor }] of client.events.entries()) {
      const again = await instances[i % 2]!.connect(token);
      expect(await again.subscribe([...allSensors(), 'alerts'], { cursor })).toMatchObject({ ok: true, cursor });
      await until(() => again.events.length === readings.length - i);
      expect(again.events.map(({ data }) => (data as { value?: number }).value)).toEqual(
        [0, 1, 2, 3].slice(i + 1).concat(undefined as never),
      );
    }
  });

  it('ends on the newest reading of every sensor, however often a client of `readings` disconnects', async () => {
    const random = randomNumbers(7);
    const start = await lastPosition();
    const follower = new Follower(token, ['alerts', 'readings'], municipality);
    await follower.follow(live, () => true);
    let writing = true;
    const writer = load(100, random).finally(() => (writing = false));
    for (let i = 0; i < 10; i++) {
      const enough = follower.events.length + random(12);
      await follower.follow(instances[random(2)]!, () => !writing || follower.events.length >= enough);
    }
    await writer;
    const expected = expectedEvents(await rowsAfter(start));
    // By event time: two instances commit in another order than that in which the readings were made.
    const newestOf = (events: readonly Told[]) =>
      sensors.map((id) => {
        const readings = events.map(({ data }) => data as { sensorId?: string; instant: string });
        return readings
          .filter(({ sensorId }) => sensorId === id)
          .sort((a, b) => a.instant.localeCompare(b.instant))
          .at(-1)!;
      });
    const newest = newestOf(expected);
    const told = () => toldEvents(follower.events);
    const newestTold = () => newestOf(told());
    await follower.follow(live, () => JSON.stringify(newestTold()) === JSON.stringify(newest));
    expect(newestTold()).toEqual(newest);
    const alerts = (events: { event: string }[]) => events.filter(({ event }) => event === 'alert');
    expect(alerts(told())).toEqual(alerts(expected));
    expect(told().length).toBeLessThan(expected.length);
    const known = new Set(expected.map((event) => JSON.stringify(event)));
    expect(told().filter((event) => !known.has(JSON.stringify(event)))).toEqual([]);
  });

  it('replays `readings` as they would have been told live: one a second and sensor', async () => {
    const { cursor } = await (await live.connect(token)).subscribe(['readings']);
    const start = await lastPosition();
    const sensorId = sensors[0]!;
    for (let value = 0; value < 10; value++)
      await live.append([readingsEvent(municipality, [{ sensorId, instant: value, value }])]);
    await forgetStream(start + 10);
    const began = Date.now() - 60_000;
    for (let i = 0; i < 10; i++) {
      await db.transactions.query(
        `update outbox_events set occurred_at = ? where municipality_id = ? and position = ?`,
        [db.dialect.instant(began + i * 400), municipality, start + 1 + i],
      );
    }
    const client = await live.connect(token);
    await client.subscribe(['readings'], { cursor });
    await until(() => client.events.length === 5);
    // Every 0.4 s. 0 at once; 2 is the newest when its second is over and told with the next row, at 1.2 s; and so on.
    expect(client.events.map(({ data }) => (data as { value: number }).value)).toEqual([0, 2, 5, 8, 9]);
  });

  it('adds topics with a cursor to a connection that is live, without a gap or a repeat in any of them', async () => {
    const client = await live.connect(token);
    const first = await client.subscribe(['alerts']);
    await live.append([alertEvent(municipality, 1), { municipalityId: municipality, type: 'device', payload: '1' }]);
    await until(() => client.events.length === 1);
    const writing = (async () => {
      for (let number = 2; number < 60; number++) {
        await live.append([
          alertEvent(municipality, number),
          { municipalityId: municipality, type: 'device', payload: `${number}` },
        ]);
      }
    })();
    expect(await client.subscribe(['devices'], { cursor: first.cursor })).toMatchObject({
      topics: ['alerts', 'devices'],
    });
    await writing;
    await until(() => client.events.length === 118);
    const numbers = (name: string) => client.events.filter(({ event }) => event === name).map(({ data }) => data);
    const upTo59 = Array.from({ length: 59 }, (_, i) => i + 1);
    expect(numbers('alert')).toEqual(upTo59.map((number) => ({ number })));
    expect(numbers('device')).toEqual(upTo59);
  });

  it('refuses a cursor whose events are not kept any more', async () => {
    const client = await live.connect(token);
    const before = await client.subscribe(['alerts']);
    await live.append([alertEvent(municipality, 1), alertEvent(municipality, 2)]);
    await until(() => client.events.length === 2);
    const last = await lastPosition();
    await forgetStream(last);
    await db.transactions.query(`update outbox_events set occurred_at = ? where municipality_id = ? and position = ?`, [
      db.dialect.instant(Date.now() - 24.5 * HOUR_MS),
      municipality,
      last - 1,
    ]);
    const old = await live.connect(token);
    expect(await old.subscribe(['alerts'], { cursor: before.cursor })).toMatchObject({
      ok: false,
      error: { code: 'CURSOR_EXPIRED' },
    });
    await db.transactions.query(`delete from outbox_events where municipality_id = ? and position < ?`, [
      municipality,
      last,
    ]);
    expect((await old.subscribe(['alerts'], { cursor: before.cursor })).error?.code).toBe('CURSOR_EXPIRED');
    expect(await old.subscribe(['alerts'], { cursor: client.events[0]!.cursor })).toMatchObject({ ok: true });
    expect(await old.subscribe(['alerts'], { cursor: client.events[1]!.cursor })).toMatchObject({ ok: true });
    await until(() => old.events.length === 1);
  });

  it('begins anew when the database was replaced by an older one', async () => {
    const client = await live.connect(token);
    await client.subscribe(['alerts']);
    for (let number = 1; number < 4; number++) await live.append([alertEvent(municipality, number)]);
    await until(() => client.events.length === 3);
    const last = await lastPosition();
    await db.transactions.query(`delete from outbox_events where municipality_id = ? and position > ?`, [
      municipality,
      last - 2,
    ]);
    await db.transactions.query(`update live_positions set position = ? where municipality_id = ?`, [
      last - 2,
      municipality,
    ]);
    await until(() => client.disconnects.length > 0);
    const again = await live.connect(token);
    expect((await again.subscribe(['alerts'], { cursor: client.lastCursor })).error?.code).toBe('CURSOR_EXPIRED');
    expect(await again.subscribe(['alerts'])).toMatchObject({ ok: true });
    await live.append([alertEvent(municipality, 77)]);
    await until(() => again.events.length === 1);
    expect(again.data).toEqual([{ number: 77 }]);
  });
});
