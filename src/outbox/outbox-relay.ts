import { Injectable, Logger } from '@nestjs/common';
import { RedisStreams, type StreamAppend } from '../redis/redis-streams.js';
import type { LiveEvent } from './live-event.js';
import { liveFields, liveStream } from './live-stream.js';

/** Characters that may be on their way to Redis; beyond it, events are left to the table. */
const MAX_IN_FLIGHT = 16_000_000;
/** About this many characters are kept per stream, but never fewer or more entries than this. */
const STREAM_CHARACTERS = 2_000_000;
const MIN_STREAM_LENGTH = 32;
const MAX_STREAM_LENGTH = 1_000;
/** A stream without news for as long as the live log reaches back is of no use to anybody. */
const EXPIRE_SECONDS = 25 * 3_600;
const RENEW_EXPIRY_MS = 3_600_000;
const REPORT_EVERY_MS = 10_000;

/** What the relay did since the process started; for monitoring. */
export interface RelayCounters {
  readonly published: number;
  /** Not published: Redis was away, full, or too slow. Gateways found them in the table. */
  readonly left: number;
}

/**
 * Publishes committed live events to Redis Streams, the fast way to the gateways. Nothing depends on it: what does not
 * arrive is found in the table, so it never waits, never fails and never holds more than a fixed amount.
 */
@Injectable()
export class OutboxRelay {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly expiryRenewedAt = new Map<string, number>();
  private inFlight = 0;
  private published = 0;
  private left = 0;
  private reportedAt = -Infinity;
  private reportedLeft = 0;

  constructor(private readonly streams: RedisStreams) {}

  get counters(): RelayCounters {
    return { published: this.published, left: this.left };
  }

  /** Starts to publish events, ordered by position within each municipality. Returns at once. */
  publish(events: readonly LiveEvent[]): void {
    const size = events.reduce((sum, event) => sum + event.payload.length, 0);
    if (!this.streams.available) return this.leave(events.length, 'Redis is away');
    if (this.inFlight > 0 && this.inFlight + size > MAX_IN_FLIGHT) {
      return this.leave(events.length, 'Redis takes them too slowly');
    }
    this.inFlight += size;
    void this.streams.addAll(this.appendsOf(events)).then((outcome) => {
      this.inFlight -= size;
      // Refused ones are already there, or a later one of another instance overtook them.
      this.published += outcome.added + outcome.refused;
      if (outcome.failed > 0) this.leave(outcome.failed, outcome.error?.message ?? 'unknown reason');
    });
  }

  private appendsOf(events: readonly LiveEvent[]): StreamAppend[] {
    const now = Date.now();
    return events.map((event) => {
      const renewedAt = this.expiryRenewedAt.get(event.municipalityId) ?? -Infinity;
      const renew = now - renewedAt > RENEW_EXPIRY_MS;
      if (renew) this.expiryRenewedAt.set(event.municipalityId, now);
      return {
        stream: liveStream(event.municipalityId),
        position: event.position,
        fields: liveFields(event),
        maxLength: lengthFor(event.payload.length),
        expireSeconds: renew ? EXPIRE_SECONDS : undefined,
      };
    });
  }

  private leave(count: number, reason: string): void {
    this.left += count;
    if (Date.now() - this.reportedAt < REPORT_EVERY_MS) return;
    this.logger.warn(
      `${this.left - this.reportedLeft} live events were not published and are read from the table: ${reason}`,
    );
    this.reportedAt = Date.now();
    this.reportedLeft = this.left;
  }
}

/** Streams of big entries are kept shorter, so that a busy country does not fill Redis. */
function lengthFor(characters: number): number {
  return Math.max(MIN_STREAM_LENGTH, Math.min(MAX_STREAM_LENGTH, Math.floor(STREAM_CHARACTERS / (characters + 1))));
}
