import { Injectable } from '@nestjs/common';
import { RedisConnections } from './redis-connections.js';
import { entriesOf, type StreamEntry } from './stream-entry.js';
import { StreamReader } from './stream-reader.js';

/** An entry to be added under an id of our own, so that the same entry is never in a stream twice. */
export interface StreamAppend {
  readonly stream: string;
  /** Id within the stream; has to be greater than all before it. */
  readonly position: number;
  /** Names and values, alternating. */
  readonly fields: readonly string[];
  /** Older entries beyond about this many are dropped. */
  readonly maxLength: number;
  /** When given, the stream disappears after this many seconds unless told again. */
  readonly expireSeconds?: number;
}

/** What became of a set of entries. */
export interface AddOutcome {
  readonly added: number;
  /** Refused by Redis, because their position or a later one was there already. */
  readonly refused: number;
  readonly failed: number;
  /** Why, when some failed. */
  readonly error?: Error;
}

/** Redis answers so to an id that is not above the last one. */
const NOT_ABOVE = /equal or smaller/;

/** Streams in Redis whose entries carry positions of our own. */
@Injectable()
export class RedisStreams {
  constructor(private readonly connections: RedisConnections) {}

  /** Whether Redis can be asked at this moment. */
  get available(): boolean {
    return this.connections.available;
  }

  /** Adds entries in one round trip. Never throws; see the outcome. */
  async addAll(appends: readonly StreamAppend[]): Promise<AddOutcome> {
    const pipeline = this.connections.commands.pipeline();
    for (const { stream, position, fields, maxLength } of appends) {
      pipeline.xadd(this.connections.key(stream), 'MAXLEN', '~', maxLength, `${position}-0`, ...fields);
    }
    for (const { stream, expireSeconds } of appends) {
      if (expireSeconds !== undefined) pipeline.expire(this.connections.key(stream), expireSeconds);
    }
    try {
      return outcomeOf((await pipeline.exec()) ?? [], appends.length);
    } catch (error) {
      return { added: 0, refused: 0, failed: appends.length, error: error as Error };
    }
  }

  /** Entries after a position, oldest first. @throws when Redis is away */
  async after(stream: string, position: number, count: number): Promise<StreamEntry[]> {
    const { commands } = this.connections;
    return entriesOf(await commands.xrange(this.connections.key(stream), `${position + 1}-0`, '+', 'COUNT', count));
  }

  /** Position of the newest entry, or null of an empty stream. @throws when Redis is away */
  async lastPosition(stream: string): Promise<number | null> {
    const newest = await this.connections.commands.xrevrange(this.connections.key(stream), '+', '-', 'COUNT', 1);
    return entriesOf(newest)[0]?.position ?? null;
  }

  /** Removes a stream with all its entries. @throws when Redis is away */
  async remove(stream: string): Promise<void> {
    await this.connections.commands.del(this.connections.key(stream));
  }

  /** A reader with a connection of its own that waits for new entries of many streams at once. */
  openReader(name: string): StreamReader {
    return new StreamReader(this.connections, name);
  }
}

function outcomeOf(results: readonly [error: Error | null, result: unknown][], count: number): AddOutcome {
  const failures: Error[] = [];
  let refused = 0;
  for (const [error] of results.slice(0, count)) {
    if (error === null) continue;
    if (NOT_ABOVE.test(error.message)) refused++;
    else failures.push(error);
  }
  return { added: count - refused - failures.length, refused, failed: failures.length, error: failures[0] };
}
