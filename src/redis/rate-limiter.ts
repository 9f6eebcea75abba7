import { createHmac } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { LocalCounters, type LocalCount } from './local-counters.js';
import { RedisConnections } from './redis-connections.js';

/** So many points per key and window; limits of the same name share their counters. */
export interface RateLimit {
  /** Short and constant, such as `sign-in-account`; part of the keys in Redis. */
  readonly name: string;
  /** How many are allowed in a window; 0: any number, nothing is counted. */
  readonly points: number;
  readonly windowSeconds: number;
  /** How long a key is refused once it went beyond; default: until its window is over. */
  readonly blockSeconds?: number;
}

/** What became of a request for points. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** What is left in this window. */
  readonly remaining: number;
  /** Milliseconds until the window, or the block, is over. */
  readonly resetMs: number;
  /** Points of a whole window. */
  readonly limit: number;
}

/** Redis answers within a millisecond; whoever waits longer is counted by this process alone. */
const PATIENCE_MS = 250;
/** After a failure Redis is left alone for this long, so that not every request waits for it. */
const REST_MS = 1_000;
/** A refused key is refused without asking Redis for this long; short, since another instance may forgive it. */
const REFUSAL_MEMORY_MS = 1_000;
/** About 10 MB when full. */
const MAX_LOCAL_KEYS = 50_000;

/**
 * Counts in Redis how often something was done, for all instances together and atomically; one round trip a call. Keys
 * are hashed under a key of the installation and expire by themselves. While Redis is away each process counts alone,
 * in bounded memory: limits hold per process then, and no caller fails or waits.
 */
@Injectable()
export class RateLimiter {
  private readonly logger = new Logger(RateLimiter.name);
  private readonly stores = new Map<string, RateLimiterRedis>();
  private readonly local = new LocalCounters(MAX_LOCAL_KEYS);
  private readonly refusals = new LocalCounters(MAX_LOCAL_KEYS);
  private readonly pepper: Buffer;
  private restUntil = 0;

  constructor(
    private readonly connections: RedisConnections,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.pepper = createHmac('sha256', config.auth.encryptionKey).update('rate limits').digest();
  }

  /** Takes `points` from what `key` has left. Never throws; a refused call counts too. */
  async consume(limit: RateLimit, key: string, points = 1): Promise<RateVerdict> {
    if (limit.points === 0) return UNLIMITED;
    const name = this.nameOf(limit, key);
    const known = this.refusal(limit, name);
    if (known) return known;
    const counted = await this.ask(async () => countOf(await consumed(this.storeOf(limit).consume(name, points))));
    const verdict = verdictOf(limit, counted ?? this.consumeLocally(limit, name, points), 0);
    if (!verdict.allowed) this.rememberRefusal(name, verdict);
    return verdict;
  }

  /** What `consume` of one point would find, without taking it. Never throws. */
  async peek(limit: RateLimit, key: string): Promise<RateVerdict> {
    if (limit.points === 0) return UNLIMITED;
    const name = this.nameOf(limit, key);
    const counted = await this.ask(async () => countOf(await this.storeOf(limit).get(name)));
    return verdictOf(limit, counted ?? this.countLocally(limit, name), 1);
  }

  /** Whether this process refused the key a moment ago; asks nobody. */
  refused(limit: RateLimit, key: string): RateVerdict | undefined {
    return limit.points === 0 ? undefined : this.refusal(limit, this.nameOf(limit, key));
  }

  /** Forgets what was counted, also a block. Never throws; other instances may refuse for another second. */
  async reset(limit: RateLimit, key: string): Promise<void> {
    const name = this.nameOf(limit, key);
    this.refusals.delete(name);
    this.local.delete(name);
    await this.ask(() => this.storeOf(limit).delete(name));
  }

  /** The name under which a key is counted; nobody can tell an e-mail address or an IP address from it. */
  private nameOf(limit: RateLimit, key: string): string {
    return createHmac('sha256', this.pepper).update(`${limit.name}\n${key}`).digest('base64url').slice(0, 22);
  }

  private storeOf({ name, points, windowSeconds, blockSeconds = 0 }: RateLimit): RateLimiterRedis {
    const id = [name, points, windowSeconds, blockSeconds].join();
    let store = this.stores.get(id);
    if (store === undefined) {
      store = new RateLimiterRedis({
        storeClient: this.connections.commands,
        keyPrefix: this.connections.key(`rate:${name}`),
        points,
        duration: windowSeconds,
        blockDuration: blockSeconds,
      });
      this.stores.set(id, store);
    }
    return store;
  }

  /** The answer of Redis; undefined when it has none in time. */
  private async ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (!this.connections.available || this.clock.nowMs() < this.restUntil) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    try {
      return await Promise.race([question(), tooLate]);
    } catch (error) {
      this.leaveAlone(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Told once, also when many waited for the same answer. */
  private leaveAlone(error: unknown): void {
    const now = this.clock.nowMs();
    if (now >= this.restUntil) this.logger.warn({ err: error }, 'Redis does not count requests, this process does');
    this.restUntil = now + REST_MS;
  }

  private consumeLocally(limit: RateLimit, name: string, points: number): Counted {
    const now = this.clock.nowMs();
    let count = this.local.add(name, points, limit.windowSeconds * 1000, now);
    const wentBeyond = count.consumed > limit.points && count.consumed - points <= limit.points;
    if (wentBeyond && limit.blockSeconds !== undefined) {
      count = this.local.set(name, { consumed: count.consumed, until: now + limit.blockSeconds * 1000 });
    }
    return fromLocal(count, now);
  }

  private countLocally(limit: RateLimit, name: string): Counted {
    const now = this.clock.nowMs();
    return fromLocal(this.local.get(name, now) ?? { consumed: 0, until: now + limit.windowSeconds * 1000 }, now);
  }

  private refusal(limit: RateLimit, name: string): RateVerdict | undefined {
    const now = this.clock.nowMs();
    const known = this.refusals.get(name, now);
    // The count of a refusal is the time when the key is let in again.
    return known && { allowed: false, remaining: 0, resetMs: known.consumed - now, limit: limit.points };
  }

  private rememberRefusal(name: string, { resetMs }: RateVerdict): void {
    const now = this.clock.nowMs();
    this.refusals.set(name, { consumed: now + resetMs, until: now + Math.min(resetMs, REFUSAL_MEMORY_MS) });
  }
}

const UNLIMITED: RateVerdict = { allowed: true, remaining: Number.MAX_SAFE_INTEGER, resetMs: 0, limit: 0 };

interface Counted {
  readonly consumed: number;
  readonly resetMs: number;
}

function verdictOf(limit: RateLimit, { consumed, resetMs }: Counted, more: number): RateVerdict {
  return {
    allowed: consumed + more <= limit.points,
    remaining: Math.max(0, limit.points - consumed),
    resetMs: Math.max(0, resetMs),
    limit: limit.points,
  };
}

/** The library rejects with the count when it is beyond the limit, and with an error when it could not count. */
async function consumed(asked: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  try {
    return await asked;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}

function countOf(answer: RateLimiterRes | null): Counted {
  return { consumed: answer?.consumedPoints ?? 0, resetMs: answer?.msBeforeNext ?? 0 };
}

function fromLocal({ consumed, until }: LocalCount, now: number): Counted {
  return { consumed, resetMs: until - now };
}
