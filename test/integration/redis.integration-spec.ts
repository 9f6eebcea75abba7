import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis } from '../../scripts/services/redis.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { ErrorTranslation } from '../../src/common/errors/error-translation.js';
import { parseConfig } from '../../src/config/load-config.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { RedisErrors } from '../../src/redis/redis-errors.js';
import { RedisStreams } from '../../src/redis/redis-streams.js';
import { testEnvironment } from '../support/app.js';
import { until } from '../support/live-log.js';

let redis: Service;
let connections: RedisConnections;
let streams: RedisStreams;
const errors = new ErrorTranslation();

beforeAll(async () => {
  redis = await startRedis();
  connections = new RedisConnections(parseConfig(testEnvironment({ env: { REDIS_URL: redis.url } })));
  connections.onModuleInit();
  streams = new RedisStreams(connections);
  new RedisErrors(errors).onModuleInit();
  await until(() => streams.available);
});
afterAll(async () => {
  connections?.onApplicationShutdown();
  await redis?.stop();
});

const append = (stream: string, position: number) => ({
  stream,
  position,
  fields: ['n', String(position)],
  maxLength: 100,
});
const positions = async (stream: string): Promise<number[]> =>
  (await streams.after(stream, 0, 100)).map((entry) => entry.position);

it('adds each position once, and tells what became of each', async () => {
  expect(await streams.addAll([append('a', 1), append('a', 2), append('b', 5)])).toMatchObject({
    added: 3,
    refused: 0,
  });
  expect(await streams.addAll([append('a', 1), append('a', 3), append('b', 4)])).toEqual({
    added: 1,
    refused: 2,
    failed: 0,
    error: undefined,
  });
  expect([await positions('a'), await positions('b')]).toEqual([[1, 2, 3], [5]]);
  expect([await streams.lastPosition('b'), await streams.lastPosition('nothing')]).toEqual([5, null]);
  expect((await streams.after('a', 1, 1))[0]).toEqual({ position: 2, fields: { n: '2' } });
});

it('keeps its keys apart from those of others', async () => {
  await streams.addAll([{ ...append('own', 1), expireSeconds: 60 }]);
  const keys = await connections.commands.keys('*own');
  expect(keys).toEqual([connections.key('own')]);
  expect(await connections.commands.ttl(keys[0]!)).toBeGreaterThan(0);
  await streams.remove('own');
  expect(await positions('own')).toEqual([]);
});

it('waits for many streams at once, until it is woken', async () => {
  const reader = streams.openReader('test');
  try {
    await until(() => reader.available);
    const waiting = reader.read(
      new Map([
        ['c', 0],
        ['d', 7],
      ]),
      10,
      5_000,
    );
    await streams.addAll([append('d', 7), append('d', 8)]);
    expect([...(await waiting)]).toEqual([['d', [{ position: 8, fields: { n: '8' } }]]]);
    const woken = reader.read(new Map([['c', 0]]), 10, 5_000);
    reader.wake();
    expect((await woken).size).toBe(0);
    // A wake counts once.
    const again = reader.read(new Map([['c', 0]]), 10, 5_000);
    await streams.addAll([append('c', 1)]);
    expect([...(await again).keys()]).toEqual(['c']);
  } finally {
    reader.close();
  }
});

it('fails at once while Redis is away, in a way that callers understand, and comes back by itself', async () => {
  const reader = streams.openReader('test');
  await until(() => reader.available);
  const waiting = reader.read(new Map([['e', 0]]), 10, 5_000).catch((error: unknown) => errors.translate(error).code);
  await redis.kill();
  expect(await waiting).toBe('REDIS_UNAVAILABLE');
  await until(() => !streams.available);
  const failure = await connections.ping().catch((error: unknown) => errors.translate(error));
  expect(failure).toMatchObject({ code: 'REDIS_UNAVAILABLE', retryAfterSeconds: 5 });
  expect(await streams.addAll([append('e', 1)])).toMatchObject({ added: 0, failed: 1, error: expect.any(Error) });
  await redis.start();
  await until(() => streams.available && reader.available);
  expect(await connections.ping()).toBeGreaterThan(0);
  expect(await streams.addAll([append('e', 1)])).toMatchObject({ added: 1 });
  reader.close();
});
