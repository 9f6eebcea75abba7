import { Global, Module } from '@nestjs/common';
import { RateLimiter } from './rate-limiter.js';
import { RedisConnections } from './redis-connections.js';
import { RedisErrors } from './redis-errors.js';
import { RedisStreams } from './redis-streams.js';

/** Redis: connections, streams, counters, and what its errors mean. Without Redis the application runs, slower in places. */
@Global()
@Module({
  providers: [RateLimiter, RedisConnections, RedisErrors, RedisStreams],
  exports: [RateLimiter, RedisConnections, RedisStreams],
})
export class RedisModule {}
