import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { RateLimitedError } from '../../common/errors/errors.js';
import { networkOf } from '../../common/request-context/client-network.js';
import { currentOrigin } from '../../common/request-context/request-context.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { LocalCounters } from '../../redis/local-counters.js';
import { RateLimiter, type RateLimit } from '../../redis/rate-limiter.js';
import { lockOf, type Door } from './attempt-limits.js';
import { KeyedLines } from './keyed-lines.js';

/** As many as the password hasher lets wait. */
const MAX_LINE = 100;
const BUSY_SECONDS = 1;
/** A few hundred kilobytes when full. */
const MAX_KNOWN_LOCKS = 10_000;

/** Counts failed attempts and locks what was tried too often. Nothing here tells whether an account exists. */
@Injectable()
export class Attempts {
  /** One attempt at a time and process on the same door: none slips through while another one is being counted. */
  private readonly lines = new KeyedLines(MAX_LINE, () => tooMany(BUSY_SECONDS));

  /** Locks that this process has seen: they hold also while Redis is slow or away, and cost no question to it. */
  private locks = new LocalCounters(MAX_KNOWN_LOCKS);

  constructor(
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
    registry: RegistryVersion,
  ) {
    // Whoever chose a new password by a link is let in again on every instance; Redis knows the locks that are left.
    registry.onSessionsEnded(() => (this.locks = new LocalCounters(MAX_KNOWN_LOCKS)));
  }

  /**
   * Makes an attempt at a door. A failure (`isFailure` of what was thrown) counts; a success forgives the failures before.
   * @param onLocked called when this failure locked the door
   * @throws RateLimitedError `TOO_MANY_ATTEMPTS` while the door is locked, without having tried
   */
  async at<T>(
    door: Door,
    key: string,
    work: () => Promise<T>,
    isFailure: (error: unknown) => boolean,
    onLocked: () => Promise<void> = () => Promise.resolve(),
  ): Promise<T> {
    await this.requireOpen(door, key);
    return this.lines.run(nameOf(door, key), async () => {
      // Whoever was before in the line may have locked it.
      await this.requireOpen(door, key);
      try {
        const result = await work();
        await this.limiter.reset(door.failures, key);
        return result;
      } catch (error) {
        if (isFailure(error) && (await this.fail(door, key))) await onLocked();
        throw error;
      }
    });
  }

  /** @throws RateLimitedError `TOO_MANY_ATTEMPTS` */
  async requireOpen(door: Door, key: string): Promise<void> {
    const now = this.clock.nowMs();
    const known = this.locks.get(nameOf(door, key), now);
    if (known) throw tooMany((known.until - now) / 1000);
    const { allowed, resetMs } = await this.limiter.peek(lockOf(door), key);
    if (allowed) return;
    this.remember(door, key, resetMs);
    throw tooMany(resetMs / 1000);
  }

  /** Opens a door again, for somebody who has proved otherwise who they are. */
  async forgive(door: Door, key: string): Promise<void> {
    this.locks.delete(nameOf(door, key));
    for (const limit of [door.failures, lockOf(door)]) await this.limiter.reset(limit, key);
  }

  /** @throws RateLimitedError `TOO_MANY_ATTEMPTS` when the client's address has used up the limit */
  async requireWithin(limit: RateLimit): Promise<void> {
    const { allowed, resetMs } = await this.limiter.peek(limit, addressKey());
    if (!allowed) throw tooMany(resetMs / 1000);
  }

  /** Counts something against the client's address. */
  async countAddress(limit: RateLimit): Promise<void> {
    await this.limiter.consume(limit, addressKey());
  }

  /** Counts something; false when it is beyond its limit. */
  async take(limit: RateLimit, key: string): Promise<boolean> {
    return (await this.limiter.consume(limit, key)).allowed;
  }

  /** @returns whether the failure locked the door */
  private async fail(door: Door, key: string): Promise<boolean> {
    const { remaining } = await this.limiter.consume(door.failures, key);
    if (remaining > 0) return false;
    const { limit, remaining: left } = await this.limiter.consume(door.locks, key);
    const lock = lockOf(door, limit - left);
    this.remember(door, key, lock.windowSeconds * 1000);
    await this.limiter.consume(lock, key);
    await this.limiter.reset(door.failures, key);
    return true;
  }

  private remember(door: Door, key: string, ms: number): void {
    this.locks.set(nameOf(door, key), { consumed: 1, until: this.clock.nowMs() + ms });
  }
}

function nameOf({ lock }: Door, key: string): string {
  return `${lock}\n${key}`;
}

/** Clients whose address is not known share a counter. */
function addressKey(): string {
  return networkOf(currentOrigin()?.address) ?? 'unknown';
}

/** The same words for every door. */
function tooMany(retryAfterSeconds: number): RateLimitedError {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  const time = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new RateLimitedError(seconds, 'TOO_MANY_ATTEMPTS', `Too many attempts. Try again in ${time}.`);
}
