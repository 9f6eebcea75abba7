import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LiveLog } from '../outbox/live-log.js';
import { LiveFeeds } from './live-feeds.js';
import { StreamTail } from './stream-tail.js';

const INTERVAL_MS = 1_000;
/** Without Redis, live events come by this way alone. */
const INTERVAL_WITHOUT_REDIS_MS = 250;
/** Events that were just committed are on their way through Redis; only what stays out is read from the table. */
const GRACE_MS = 100;

/**
 * Compares the open feeds with what is committed, with one query for all of them. Catches whatever Redis did not tell:
 * it was restarted, is away, or the publisher was killed between commit and publish.
 */
@Injectable()
export class PositionCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(PositionCheck.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private away = false;

  constructor(
    private readonly feeds: LiveFeeds,
    private readonly log: LiveLog,
    private readonly tail: StreamTail,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.pause(this.tail.healthy ? INTERVAL_MS : INTERVAL_WITHOUT_REDIS_MS);
      if (signal.aborted) return;
      try {
        await this.check();
        this.away = false;
      } catch (error) {
        if (!this.away) this.logger.warn(`positions of the live log cannot be read: ${String(error)}`);
        this.away = true;
      }
    }
  }

  private async check(): Promise<void> {
    const before = this.feeds.active().map((live) => ({ live, delivered: live.feed.lastPosition }));
    const committed = await this.log.lastPositions(before.map(({ live }) => live.municipalityId));
    if (this.tail.healthy) await this.pause(GRACE_MS);
    for (const { live, delivered } of before) {
      const position = committed.get(live.municipalityId) ?? 0;
      // Compared with what was delivered before the question: meanwhile it may have gone on.
      if (position < delivered) await this.feeds.rewind(live, position);
      else live.feed.advanceTo(position);
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false, signal: this.stopping.signal }).catch(() => undefined);
  }
}
