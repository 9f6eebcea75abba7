import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ReplyError } from 'ioredis';
import { ErrorTranslation } from '../common/errors/error-translation.js';
import { UnavailableError } from '../common/errors/errors.js';

/** The client's own sentences for "not connected", "too late" and "given up". */
const AWAY =
  /enableOfflineQueue options is false|Connection is closed|Command timed out|max retries per request|Command aborted due to connection close|Socket timeout/i;
/** Answers of a server that is there but cannot serve now. */
const NOT_SERVING = /^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|OOM|BUSY|TRYAGAIN)\b/;

/** Tells the error filters what the client's errors mean to a caller. */
@Injectable()
export class RedisErrors implements OnModuleInit {
  constructor(private readonly translation: ErrorTranslation) {}

  onModuleInit(): void {
    this.translation.register((cause) => {
      if (!(cause instanceof Error)) return undefined;
      const away = cause instanceof ReplyError ? NOT_SERVING.test(cause.message) : AWAY.test(cause.message);
      return away ? new UnavailableError('REDIS_UNAVAILABLE', 'Redis is away.', 5, { cause }) : undefined;
    });
  }
}
