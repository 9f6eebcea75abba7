import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { liveEventOf, liveStream } from '../outbox/live-stream.js';
import { RedisStreams } from '../redis/redis-streams.js';
import type { StreamReader } from '../redis/stream-reader.js';
import { LiveFeeds } from './live-feeds.js';

const BLOCK_MS = 2_000;
/** Per stream and read; a feed that is further behind gets the rest with the next read. */
const ENTRIES_PER_READ = 16;
const RETRY_MS = 100;
const IDLE_MS = 60_000;

/** Reads the streams of all open feeds from Redis, in one waiting read, and hands the events over. */
@Injectable()
export class StreamTail implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(StreamTail.name);
  private reader: StreamReader | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;
  private endPause: () => void = () => undefined;

  constructor(
    private readonly feeds: LiveFeeds,
    private readonly streams: RedisStreams,
  ) {
    feeds.onChange(() => {
      this.reader?.wake();
      this.endPause();
    });
  }

  /** Whether events arrive by this way at this moment. */
  get healthy(): boolean {
    return this.reader?.available ?? false;
  }

  onApplicationBootstrap(): void {
    this.reader = this.streams.openReader('live');
    this.running = this.run(this.reader);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.endPause();
    this.reader?.close();
    await this.running;
  }

  private async run(reader: StreamReader): Promise<void> {
    while (!this.stopping) {
      // Read anew every time: feeds come and go, and may have got rows from the table meanwhile.
      const after = new Map(
        this.feeds.active().map(({ municipalityId, feed }) => [liveStream(municipalityId), feed.knownPosition]),
      );
      if (after.size === 0) await this.pause(IDLE_MS);
      else if (!reader.available) await this.pause(RETRY_MS);
      else await this.readOnce(reader, after);
    }
  }

  private async readOnce(reader: StreamReader, after: ReadonlyMap<string, number>): Promise<void> {
    try {
      const found = await reader.read(after, ENTRIES_PER_READ, BLOCK_MS);
      for (const { municipalityId, feed } of this.feeds.active()) {
        const entries = found.get(liveStream(municipalityId));
        if (entries) feed.offer(entries.map((entry) => liveEventOf(municipalityId, entry)));
      }
    } catch (error) {
      // Goings and comings of Redis are told by its connection; meanwhile the check of positions keeps the feeds going.
      this.logger.debug(`streams cannot be read: ${String(error)}`);
      await this.pause(RETRY_MS);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
