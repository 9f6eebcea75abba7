import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../../scripts/services/redis.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { Clock } from '../../src/common/clock.js';
import { parseConfig } from '../../src/config/load-config.js';
import { type RateLimit, RateLimiter } from '../../src/redis/rate-limiter.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { testEnvironment } from '../support/app.js';
import { until } from '../support/live-log.js';

/** A clock that a test moves; Redis has its own. */
class MovedClock extends Clock {
  ahead = 0;
  now(): Date {
    return new Date(Date.now() + this.ahead);
  }
}

interface Instance {
  readonly connections: RedisConnections;
  readonly limiter: RateLimiter;
  readonly clock: MovedClock;
}

let redis: Service;
let one: Instance;
let other: Instance;
const opened: RedisConnections[] = [];

function instance(env: Record<string, string>): Instance {
  const config = parseConfig(testEnvironment({ env }));
  const [connections, clock] = [new RedisConnections(config), new MovedClock()];
  opened.push(connections);
  connections.onModuleInit();
  return { connections, clock, limiter: new RateLimiter(connections, clock, config) };
}

let names = 0;
const limitOf = (points: number, more: Partial<RateLimit> = {}): RateLimit => ({
  name: `test-${++names}`,
  points,
  windowSeconds: 60,
  ...more,
});

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  const env = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: `limits-${++names}:` };
  [one, other] = [instance(env), instance(env)];
  await until(() => one.connections.available && other.connections.available);
});
afterEach(() => {
  for (const connections of opened.splice(0)) connections.onApplicationShutdown();
});
afterAll(() => redis?.stop());

describe('with Redis', () => {
  it('allows so many in a window, and says what is left and for how long', async () => {
    const limit = limitOf(3);
    const verdicts = [];
    for (let i = 0; i < 4; i++) verdicts.push(await one.limiter.consume(limit, 'ann'));
    expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(verdicts.at(-1)).toMatchObject({ limit: 3 });
    expect(verdicts.at(-1)!.resetMs).toBeGreaterThan(0);
    expect(verdicts.at(-1)!.resetMs).toBeLessThanOrEqual(60_000);
    expect((await one.limiter.consume(limit, 'bob')).remaining).toBe(2);
    expect((await one.limiter.consume(limit, 'bob', 3)).allowed).toBe(false);
  });

  it('lets exactly so many through when all come at once, on several instances', async () => {
    const limit = limitOf(100);
    const asked = Array.from({ length: 500 }, (_, i) => (i % 2 ? one : other).limiter.consume(limit, 'ann'));
    expect((await Promise.all(asked)).filter(({ allowed }) => allowed)).toHaveLength(100);
  });

  it('looks without taking, and forgets when told to', async () => {
    const limit = limitOf(2);
    expect(await one.limiter.peek(limit, 'ann')).toMatchObject({ allowed: true, remaining: 2, limit: 2 });
    for (let i = 0; i < 3; i++) await one.limiter.consume(limit, 'ann');
    expect((await other.limiter.peek(limit, 'ann')).allowed).toBe(false);
    expect(one.limiter.refused(limit, 'ann')).toMatchObject({ allowed: false, limit: 2 });
    expect(other.limiter.refused(limit, 'ann')).toBeUndefined();
    await one.limiter.reset(limit, 'ann');
    expect(one.limiter.refused(limit, 'ann')).toBeUndefined();
    expect(await one.limiter.consume(limit, 'ann')).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('refuses for the whole block once a key went beyond', async () => {
    const limit = limitOf(1, { windowSeconds: 10, blockSeconds: 600 });
    await one.limiter.consume(limit, 'ann');
    expect((await one.limiter.consume(limit, 'ann')).resetMs).toBe(600_000);
    const verdict = await other.limiter.consume(limit, 'ann');
    expect(verdict.allowed).toBe(false);
    expect(verdict.resetMs).toBeGreaterThan(590_000);
  });

  it('takes 0 for no limit, and counts nothing', async () => {
    const limit = limitOf(0);
    for (let i = 0; i < 10; i++) expect((await one.limiter.consume(limit, 'ann')).allowed).toBe(true);
    expect(await one.connections.commands.keys(one.connections.key('*'))).toEqual([]);
  });

  it('keeps keys that say nothing and go away by themselves', async () => {
    await one.limiter.consume(limitOf(5), 'ann@water.example');
    await one.limiter.consume(limitOf(1, { blockSeconds: 30 }), '203.0.113.7', 2);
    const keys = await one.connections.commands.keys(one.connections.key('*'));
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatch(/rate:test-\d+:[\w-]{22}$/);
      const ttl = await one.connections.commands.ttl(key);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(60);
    }
  });
});

describe('without Redis', () => {
  it('counts per process, with the same answers, and no waiting', async () => {
    const alone = instance({ REDIS_URL: 'redis://127.0.0.1:1' });
    const limit = limitOf(2, { blockSeconds: 300 });
    const verdicts = [];
    for (let i = 0; i < 3; i++) verdicts.push(await alone.limiter.consume(limit, 'ann'));
    expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(verdicts[2]!.resetMs).toBe(300_000);
    expect((await alone.limiter.peek(limit, 'ann')).allowed).toBe(false);
    alone.clock.ahead = 300_001;
    expect((await alone.limiter.consume(limit, 'ann')).allowed).toBe(true);
    await alone.limiter.reset(limit, 'ann');
    expect((await alone.limiter.peek(limit, 'ann')).remaining).toBe(2);
  });

  it('goes on when a Redis hangs, and counts there again when it answers', async () => {
    const limit = limitOf(1_000);
    await one.limiter.consume(limit, 'ann');
    // Redis holds every client's commands back, without closing a connection.
    await other.connections.commands.call('CLIENT', 'PAUSE', '100000', 'ALL');
    try {
      const verdicts = await Promise.all(Array.from({ length: 100 }, () => one.limiter.consume(limit, 'ann')));
      expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
      // While it is left alone nobody asks it: the next ones are counted before a timer could fire.
      expect((await one.limiter.consume(limit, 'ann')).remaining).toBe(1_000 - 101);
    } finally {
      // The paused connections cannot be used to end the pause, but it ends with the server.
      await redis.stop();
      redis = await startRedis();
    }
    const again = instance({ REDIS_URL: redis.url });
    await until(() => again.connections.available);
    expect((await again.limiter.consume(limit, 'ann')).remaining).toBe(999);
    expect((await again.connections.commands.keys('*rate:*')).length).toBe(1);
  });

  it('counts in Redis again once it is back', async () => {
    const limit = limitOf(10);
    await other.connections.commands.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => undefined);
    await until(() => !one.connections.available);
    expect((await one.limiter.consume(limit, 'ann')).allowed).toBe(true);
    await until(() => one.connections.available && other.connections.available);
    one.clock.ahead = 2_000;
    await one.limiter.consume(limit, 'ann');
    expect((await other.limiter.peek(limit, 'ann')).remaining).toBe(9);
  });
});
