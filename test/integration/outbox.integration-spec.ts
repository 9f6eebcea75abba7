import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import type { LiveEvent } from '../../src/outbox/live-event.js';
import { liveStream } from '../../src/outbox/live-stream.js';
import { OutboxPruner } from '../../src/outbox/outbox-pruner.js';
import { describeEachDatabase } from '../support/databases.js';
import { alertEvent, type LiveLogRooms, makeMunicipalities, openLiveLog, until } from '../support/live-log.js';

const HOUR_MS = 3_600_000;

describeEachDatabase((db) => {
  let rooms: LiveLogRooms;
  let municipality: string;

  beforeAll(async () => {
    rooms = await openLiveLog(db);
    [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
  });
  afterAll(() => rooms?.close());

  /** Every event of a log, as the table has it. */
  const stored = async (id: string): Promise<number[]> => {
    const { rows } = await db.transactions.query<{ position: number | string }>(
      'select position from outbox_events where municipality_id = ? order by position',
      [id],
    );
    return rows.map((row) => Number(row.position));
  };
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

  it('keeps order, text, time and request id of what it is given', async () => {
    const before = Date.now();
    await runWithRequestContext(newRequestContext({ requestId: 'request-7' }), () =>
      rooms.append([
        { municipalityId: municipality, type: 'alert', payload: '{"text":"Überlauf 🌊 \\u0000 \\"quoted\\" ?"}' },
        { municipalityId: municipality, type: 'device', payload: '[]' },
      ]),
    );
    const stream = rooms.connections.key(liveStream(municipality));
    await until(async () => (await rooms.streams.lastPosition(liveStream(municipality))) === 2);
    const inStream = await rooms.log.read(municipality, 0, 10);
    await rooms.connections.commands.del(stream);
    const inTable = await rooms.log.read(municipality, 0, 10);
    for (const events of [inTable, inStream]) {
      expect(events.map(({ position, type, payload, requestId }) => [position, type, payload, requestId])).toEqual([
        [1, 'alert', '{"text":"Überlauf 🌊 \\u0000 \\"quoted\\" ?"}', 'request-7'],
        [2, 'device', '[]', 'request-7'],
      ]);
      expect(events[0]!.occurredAt).toBeGreaterThanOrEqual(before);
      expect(events[0]!.occurredAt).toBeLessThanOrEqual(Date.now());
    }
  });

  it('leaves no trace of a transaction that rolls back', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    const failing = db.transactions.run(async (tx) => {
      await rooms.outbox.append(tx, [alertEvent(id, 1)]);
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    await rooms.append([alertEvent(id, 2)]);
    expect(await stored(id)).toEqual([1]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 1);
    expect((await rooms.log.read(id, 0, 10)).map((event) => event.payload)).toEqual(['{"number":2}']);
  });

  it('numbers the events of concurrent transactions without a hole and in commit order', async () => {
    const ids = await makeMunicipalities(db.transactions, 4);
    let committed = 0;
    const append = async (number: number): Promise<void> => {
      const chosen = ids.filter((_, i) => (number >> i) & 1);
      const run = db.transactions.run(async (tx) => {
        await rooms.outbox.append(
          tx,
          [...chosen, ...chosen].sort(() => (number % 3) - 1).map((id) => alertEvent(id, number)),
        );
        if (number % 5 === 0) throw new Error('rolled back');
      });
      await run.then(
        () => (committed += chosen.length * 2),
        (error: unknown) => expect(error).toMatchObject({ message: 'rolled back' }),
      );
    };
    let writing = true;
    // Whoever sees a position must see all before it: this is what lets a gateway trust the order.
    const watch = async (): Promise<void> => {
      while (writing) {
        const positions = await rooms.log.lastPositions(ids);
        for (const [id, last] of positions) expect((await stored(id)).slice(0, last)).toEqual(upTo(last));
      }
    };
    const write = Promise.all(Array.from({ length: 120 }, (_, i) => append(i))).finally(() => (writing = false));
    await Promise.all([write, watch()]);
    const positions = await rooms.log.lastPositions(ids);
    for (const [id, last] of positions) expect(await stored(id)).toEqual(upTo(last));
    expect([...positions.values()].reduce((sum, last) => sum + last, 0)).toBe(committed);
  });

  it('splits a set that is too large for one statement', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    const text = 'x'.repeat(700_000);
    await rooms.append(Array.from({ length: 1_500 }, (_, i) => alertEvent(id, i)));
    await rooms.append(
      Array.from({ length: 12 }, () => ({
        municipalityId: id,
        type: 'report' as const,
        payload: JSON.stringify(text),
      })),
    );
    expect(await stored(id)).toEqual(upTo(1_512));
  });

  it('publishes an event once, however often it is told to', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    await rooms.append([alertEvent(id, 1), alertEvent(id, 2)]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 2);
    const events = await rooms.log.read(id, 0, 10);
    rooms.relay.publish(events);
    rooms.relay.publish(events.slice(0, 1));
    await rooms.append([alertEvent(id, 3)]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 3);
    const entries = await rooms.streams.after(liveStream(id), 0, 10);
    expect(entries.map((entry) => entry.position)).toEqual([1, 2, 3]);
  });

  it('reads the table where the stream has a hole or nothing', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    const { commands } = rooms.connections;
    const key = rooms.connections.key(liveStream(id));
    for (let number = 1; number <= 6; number++) await rooms.append([alertEvent(id, number)]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 6);
    await commands.xdel(key, '3-0');
    const read = async (after: number): Promise<number[]> =>
      (await rooms.log.read(id, after, 10)).map((event: LiveEvent) => event.position);
    expect(await read(0)).toEqual([1, 2]);
    expect(await read(2)).toEqual([3, 4, 5, 6]);
    expect(await read(3)).toEqual([4, 5, 6]);
    expect(await read(6)).toEqual([]);
    await commands.del(key);
    expect(await read(0)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('removes a stream that belongs to a database which has been replaced', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    await rooms.append([alertEvent(id, 1)]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 1);
    const [event] = await rooms.log.read(id, 0, 1);
    rooms.relay.publish([{ ...event!, position: 9, payload: '"from another life"' }]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 9);
    expect(await rooms.log.open(id)).toBe(1);
    expect(await rooms.streams.lastPosition(liveStream(id))).toBeNull();
    await rooms.append([alertEvent(id, 2)]);
    await until(async () => (await rooms.streams.lastPosition(liveStream(id))) === 2);
    expect(await rooms.log.open(id)).toBe(2);
  });

  it('neither waits nor fails without Redis, and leaves the events to the table', async () => {
    const [id] = (await makeMunicipalities(db.transactions, 1)) as [string];
    const alone = await openLiveLog(db, { redisUrl: 'redis://127.0.0.1:1', waitForRedis: false });
    try {
      await alone.append([alertEvent(id, 1)]);
      expect(alone.relay.counters).toEqual({ published: 0, left: 1 });
      expect((await alone.log.read(id, 0, 10)).map((event) => event.position)).toEqual([1]);
      expect(await alone.log.open(id)).toBe(1);
      await expect(alone.connections.ping()).rejects.toThrow();
    } finally {
      alone.close();
    }
  });

  it('deletes what is older than a day, and nothing else', async () => {
    const [old, fresh] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
    await rooms.append([...upTo(1_200).map((number) => alertEvent(old, number)), alertEvent(fresh, 1)]);
    const hoursAgo = (hours: number): string => db.dialect.instant(Date.now() - hours * HOUR_MS);
    const age = 'update outbox_events set occurred_at = ? where municipality_id = ? and position <= ?';
    await db.transactions.query(age, [hoursAgo(23.9), old, 1_150]);
    await db.transactions.query(age, [hoursAgo(30), old, 1_100]);
    const pruner = new OutboxPruner(db.transactions, db.dialect, new SystemClock(), db.config());
    expect(await Promise.all([pruner.prune(), pruner.prune()])).toEqual([1_100, 1_100]);
    expect((await stored(old))[0]).toBe(1_101);
    expect(await stored(fresh)).toEqual([1]);
    expect(await pruner.prune()).toBe(0);
  });
});
