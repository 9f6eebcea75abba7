import { Injectable } from '@nestjs/common';
import { RedisConnections } from '../redis/redis-connections.js';
import { HealthIndicator } from './health-indicator.js';

/** Redis answers a ping. */
@Injectable()
export class RedisHealth extends HealthIndicator {
  readonly name = 'redis';

  constructor(private readonly redis: RedisConnections) {
    super();
  }

  async probe(): Promise<undefined> {
    await this.redis.ping();
    return undefined;
  }
}
