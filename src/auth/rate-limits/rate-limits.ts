import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RateLimitedError } from '../../common/errors/errors.js';
import { networkOf } from '../../common/request-context/client-network.js';
import { AppConfig } from '../../config/app-config.js';
import type { RateClass } from '../../config/rate-limit.config.js';
import { RateLimiter, type RateLimit, type RateVerdict } from '../../redis/rate-limiter.js';

const WINDOW_SECONDS = 60;
/** Where a response says that its request was counted. */
const COUNTED = Symbol('hydroalert:counted');

type CountedResponse = Response & { [COUNTED]?: true };

/** Counts requests per class and client, says in the answer what is left, and refuses what goes beyond. */
@Injectable()
export class RateLimits {
  constructor(
    private readonly config: AppConfig,
    private readonly limiter: RateLimiter,
  ) {}

  /**
   * Counts a request for a client, and writes `RateLimit-Policy` and `RateLimit` into its answer.
   * @throws RateLimitedError `RATE_LIMITED`
   */
  async count(rateClass: RateClass, client: string, response: Response): Promise<void> {
    this.settle(rateClass, await this.limiter.consume(this.limitOf(rateClass), client), response);
  }

  /**
   * Refuses a client that was refused a moment ago, without counting and without asking Redis.
   * @throws RateLimitedError `RATE_LIMITED`
   */
  refuseKnown(rateClass: RateClass, client: string, response: Response): void {
    const verdict = this.limiter.refused(this.limitOf(rateClass), client);
    if (verdict !== undefined) this.settle(rateClass, verdict, response);
  }

  /** Counts what was answered already. Never throws. */
  async countAfterwards(rateClass: RateClass, client: string): Promise<void> {
    await this.limiter.consume(this.limitOf(rateClass), client);
  }

  /** Counts a client outside of HTTP. @throws RateLimitedError `RATE_LIMITED` */
  async countConnection(client: string): Promise<void> {
    const verdict = await this.limiter.consume(this.limitOf('connect'), client);
    if (!verdict.allowed) throw new RateLimitedError(verdict.resetMs / 1000);
  }

  /** Whether the request of an answer was counted for anybody. */
  isCounted(response: CountedResponse): boolean {
    return response[COUNTED] === true;
  }

  /** Leaves a request uncounted that was let in on purpose, such as a question of the broker. */
  waive(response: CountedResponse): void {
    response[COUNTED] = true;
  }

  private limitOf(rateClass: RateClass): RateLimit {
    return { name: `requests-${rateClass}`, points: this.config.rateLimits[rateClass], windowSeconds: WINDOW_SECONDS };
  }

  private settle(rateClass: RateClass, verdict: RateVerdict, response: CountedResponse): void {
    response[COUNTED] = true;
    if (verdict.limit === 0) return;
    const seconds = Math.ceil(verdict.resetMs / 1000);
    response.setHeader('RateLimit-Policy', `"${rateClass}";q=${verdict.limit};w=${WINDOW_SECONDS}`);
    response.setHeader('RateLimit', `"${rateClass}";r=${verdict.remaining};t=${seconds}`);
    if (!verdict.allowed) throw new RateLimitedError(seconds);
  }
}

/** The client of a request that nobody is signed in for: its IPv4 address, or the /64 of its IPv6 address. */
export function addressOf(request: Request): string {
  return clientOfAddress(request.ip);
}

/** What an address is counted as. */
export function clientOfAddress(address: string | null | undefined): string {
  return `address:${networkOf(address) ?? 'unknown'}`;
}
