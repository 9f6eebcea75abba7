import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RedisConnections } from './redis-connections.js';
import { entriesOf, type StreamEntry } from './stream-entry.js';

/** The stream that wakes a reader is forgotten by Redis when the process is gone. */
const WAKE_STREAM_TTL_SECONDS = 600;

/**
 * Waits for new entries of many streams at once, on a connection of its own. One more stream, which nobody else knows,
 * is always among them: an entry there ends the wait, so that another set of streams can be waited for.
 */
export class StreamReader {
  private readonly connection: Redis;
  private readonly wakeKey: string;
  private wakes = 0;

  constructor(
    private readonly connections: RedisConnections,
    name: string,
  ) {
    this.connection = connections.openBlocking(name);
    this.wakeKey = connections.key(`wake:${randomUUID()}`);
  }

  /** Whether Redis can be asked at this moment. */
  get available(): boolean {
    return this.connection.status === 'ready';
  }

  /**
   * Entries after the given position of each stream, at most `count` of each; waits up to `blockMs` (≤ 5,000) for the first.
   * @returns per stream that has some; empty after the time, or when {@link wake} was called
   * @throws when Redis is away
   */
  async read(
    after: ReadonlyMap<string, number>,
    count: number,
    blockMs: number,
  ): Promise<ReadonlyMap<string, StreamEntry[]>> {
    const names = new Map([...after.keys()].map((name) => [this.connections.key(name), name]));
    const ids = [...after.values()].map((position) => `${position}-0`);
    const answer = await this.connection.xread(
      'COUNT',
      count,
      'BLOCK',
      blockMs,
      'STREAMS',
      ...names.keys(),
      this.wakeKey,
      ...ids,
      `${this.wakes}-0`,
    );
    const entries = new Map<string, StreamEntry[]>();
    for (const [key, raw] of (answer ?? []) as [string, [string, string[]][]][]) {
      const name = names.get(key);
      if (name !== undefined) entries.set(name, entriesOf(raw));
    }
    return entries;
  }

  /** Ends the wait of a running {@link read}, and of one that was called before but has not reached Redis yet. */
  wake(): void {
    this.wakes++;
    if (!this.connections.available) return;
    // A wake that does not arrive is made up for by the end of the wait itself.
    this.connections.commands
      .pipeline()
      .xadd(this.wakeKey, 'MAXLEN', 1, `${this.wakes}-0`, 'w', '')
      .expire(this.wakeKey, WAKE_STREAM_TTL_SECONDS)
      .exec()
      .catch(() => undefined);
  }

  /** Ends the connection; a waiting {@link read} fails. */
  close(): void {
    this.connections.close(this.connection);
  }
}
