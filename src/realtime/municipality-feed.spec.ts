import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '../outbox/live-event.js';
import { MunicipalityFeed } from './municipality-feed.js';

const row = (position: number, payload = '0'): LiveEvent => ({
  municipalityId: 'm',
  position,
  type: 'alert',
  payload,
  occurredAt: 0,
  requestId: null,
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A feed over a log in memory, and everything that happens to it. */
function setUp(start = 0) {
  const state = { log: [] as LiveEvent[], away: false, reads: 0, gate: Promise.resolve() };
  const delivered: number[] = [];
  const broken: string[] = [];
  const failures: unknown[] = [];
  const feed = new MunicipalityFeed(
    'm',
    start,
    async (after, limit) => {
      state.reads++;
      const found = state.log.filter(({ position }) => position > after).slice(0, limit);
      await state.gate;
      if (state.away) throw new Error('away');
      return found;
    },
    {
      deliver: ({ position }) => delivered.push(position),
      broken: (reason) => broken.push(reason),
      readFailed: (error) => failures.push(error),
    },
  );
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return { feed, state, delivered, broken, failures, settled };
}

describe('MunicipalityFeed', () => {
  it('tells what comes in order at once, and nothing twice', () => {
    const { feed, delivered, state } = setUp(4);
    feed.offer([row(5), row(6)]);
    feed.offer([row(4), row(5), row(6), row(7)]);
    expect(delivered).toEqual([5, 6, 7]);
    expect([feed.lastPosition, feed.knownPosition, state.reads]).toEqual([7, 7, 0]);
  });

  it('reads what is missing before it tells what came after it', async () => {
    const { feed, state, delivered, settled } = setUp();
    state.log = range(1, 101).map((position) => row(position));
    feed.offer([row(1), row(100), row(101)]);
    expect([...delivered, feed.knownPosition]).toEqual([1, 101]);
    await settled();
    expect(delivered).toEqual(range(1, 101));
  });

  it('reads up to a position that it is told', async () => {
    const { feed, state, delivered } = setUp();
    state.log = range(1, 130).map((position) => row(position));
    feed.advanceTo(0);
    expect(state.reads).toBe(0);
    await feed.reach(130);
    expect(delivered).toEqual(range(1, 130));
  });

  it('stays behind while the log is away, and goes on when it is told again', async () => {
    const { feed, state, delivered, failures, settled } = setUp();
    state.log = [row(1), row(2)];
    state.away = true;
    feed.offer([row(2)]);
    await settled();
    expect([delivered, failures.length]).toEqual([[], 1]);
    await expect(feed.reach(2)).rejects.toThrow('away');
    state.away = false;
    feed.advanceTo(2);
    await settled();
    expect(delivered).toEqual([1, 2]);
  });

  it('holds a limited number of rows that came early', async () => {
    const { feed, state, delivered, settled } = setUp();
    state.log = range(1, 2_000).map((position) => row(position));
    let open = (): void => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    feed.offer(range(2, 2_000).map((position) => row(position)));
    expect((feed as unknown as { early: Map<number, LiveEvent> }).early.size).toBeLessThanOrEqual(512);
    open();
    await feed.reach(2_000);
    await settled();
    expect(delivered).toEqual(range(1, 2_000));
  });

  it('says that rows are gone, and goes on behind them', async () => {
    const { feed, state, delivered, broken, settled } = setUp();
    state.log = [row(5), row(6)];
    feed.advanceTo(6);
    await settled();
    expect([delivered, broken]).toEqual([[5, 6], ['events 1 to 4 are gone']]);
    feed.advanceTo(9);
    await settled();
    expect([feed.lastPosition, broken[1]]).toEqual([9, 'events 7 to 9 are gone']);
    feed.offer([row(10)]);
    expect(delivered).toEqual([5, 6, 10]);
  });

  it('forgets what it was reading when the log begins anew', async () => {
    const { feed, state, delivered, broken, settled } = setUp(10);
    state.log = [row(11, 'of the old log')];
    let open = (): void => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    feed.offer([row(12)]);
    feed.rewind(3);
    state.log = [row(4), row(5)];
    open();
    await settled();
    feed.offer([row(5)]);
    await settled();
    expect([delivered, broken]).toEqual([[4, 5], ['the log began anew']]);
  });

  it('tells nothing any more once it is closed', async () => {
    const { feed, state, delivered, settled } = setUp();
    state.log = [row(1)];
    feed.advanceTo(1);
    feed.close();
    await settled();
    await feed.reach(1);
    expect(delivered).toEqual([]);
  });

  it('tells every row once and in order, however rows and positions arrive', async () => {
    const arrival = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 12 }).map((rows) => ({ rows })),
      fc.integer({ min: 1, max: 80 }).map((position) => ({ position })),
      fc.boolean().map((away) => ({ away })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), fc.nat(20), async (arrivals, start) => {
        const { feed, state, delivered } = setUp(start);
        state.log = range(1, 80).map((position) => row(position));
        for (const one of arrivals) {
          if ('rows' in one) feed.offer(one.rows.map((position) => row(position)));
          else if ('position' in one) feed.advanceTo(one.position);
          else state.away = one.away;
          await Promise.resolve();
        }
        state.away = false;
        await feed.reach(80).catch(() => feed.reach(80));
        expect(delivered).toEqual(range(start + 1, 80));
      }),
    );
  });
});
