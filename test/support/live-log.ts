import { SystemClock, type Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { Transactions } from '../../src/database/transaction.js';
import type { LiveReadingTuple, NewLiveEvent } from '../../src/outbox/live-event.js';
import { LiveLog } from '../../src/outbox/live-log.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { OutboxService } from '../../src/outbox/outbox.service.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { RedisStreams } from '../../src/redis/redis-streams.js';
import type { TestDatabase } from './databases.js';

/** The rooms that write and read the live log, on real services and without an application around them. */
export interface LiveLogRooms {
  readonly connections: RedisConnections;
  readonly streams: RedisStreams;
  readonly relay: OutboxRelay;
  readonly outbox: OutboxService;
  readonly log: LiveLog;
  /** Appends the events in a transaction of their own. */
  append(events: readonly NewLiveEvent[]): Promise<void>;
  close(): void;
}

/** Connects the rooms to a database and to Redis; resolves when Redis answers, unless it is not waited for. */
export async function openLiveLog(
  db: TestDatabase,
  options: { redisUrl?: string; waitForRedis?: boolean; clock?: Clock } = {},
): Promise<LiveLogRooms> {
  const connections = new RedisConnections(db.config(options.redisUrl ? { REDIS_URL: options.redisUrl } : {}));
  connections.onModuleInit();
  const streams = new RedisStreams(connections);
  const relay = new OutboxRelay(streams);
  const outbox = new OutboxService(relay, options.clock ?? new SystemClock());
  const transactions = db.transactions;
  if (options.waitForRedis !== false) await until(() => connections.available);
  return {
    connections,
    streams,
    relay,
    outbox,
    log: new LiveLog(transactions, db.dialect, streams),
    append: (events) => transactions.run((tx) => outbox.append(tx, events)),
    close: () => connections.onApplicationShutdown(),
  };
}

/** Resolves when the condition holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Makes municipalities; answers their ids. */
export async function makeMunicipalities(transactions: Transactions, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  for (const id of ids) {
    await transactions.query(
      `insert into municipalities (id, code, name, time_zone, status, created_at, updated_at)
       values (?, ?, ?, 'UTC', 'active', current_timestamp, current_timestamp)`,
      [id, id, `Municipality ${id}`],
    );
  }
  return ids;
}

/** An event of one kind with a number in it. */
export function alertEvent(municipalityId: string, number: number): NewLiveEvent {
  return { municipalityId, type: 'alert', payload: JSON.stringify({ number }) };
}

/** A row of readings of the given sensors, each with the given value; good and without risk. */
export function readingsEvent(
  municipalityId: string,
  readings: readonly { sensorId: string; instant: number; value: number }[],
): NewLiveEvent {
  const tuples = readings.map(({ sensorId, instant, value }): LiveReadingTuple => [
    sensorId,
    'device-1',
    'water_level_cm',
    instant,
    value,
    0,
    0,
  ]);
  return { municipalityId, type: 'readings', payload: JSON.stringify(tuples) };
}
