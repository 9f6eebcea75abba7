import { Global, Module } from '@nestjs/common';
import { RedisConnections } from './redis-connections.js';
import { RedisErrors } from './redis-errors.js';
import { RedisStreams } from './redis-streams.js';

/** Redis: connections, streams, and what its errors mean. Without Redis the application runs, slower in places. */
@Global()
@Module({ providers: [RedisConnections, RedisErrors, RedisStreams], exports: [RedisConnections, RedisStreams] })
export class RedisModule {}
