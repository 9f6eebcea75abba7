import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { AppConfig } from '../config/app-config.js';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** A half-open connection is given up after this; longer than any blocking read lasts. */
const SILENCE_LIMIT_MS = 8_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;

/**
 * The connections to Redis. The application starts and runs without it: commands fail at once while it is away, instead of
 * queueing up, and every connection comes back by itself. Goings and comings are logged once each.
 */
@Injectable()
export class RedisConnections implements OnModuleInit, OnApplicationShutdown {
  /** For commands that answer at once; never run a blocking one here. */
  readonly commands: Redis;

  private readonly logger = new Logger(RedisConnections.name);
  private readonly opened: Redis[] = [];
  private readonly keyPrefix: string;

  constructor(config: AppConfig) {
    this.keyPrefix = config.redis.keyPrefix;
    this.commands = this.watch(
      new Redis(config.redis.url, { ...OPTIONS, commandTimeout: COMMAND_TIMEOUT_MS, connectionName: 'commands' }),
      'commands',
    );
  }

  onModuleInit(): void {
    this.connect(this.commands);
  }

  onApplicationShutdown(): void {
    for (const connection of this.opened) connection.disconnect();
  }

  /** Whether commands would reach Redis at this moment. */
  get available(): boolean {
    return this.commands.status === 'ready';
  }

  /** Name of a key of ours in a Redis that others may use too. */
  key(name: string): string {
    return this.keyPrefix + name;
  }

  /** Milliseconds until Redis answers. @throws when it is away */
  async ping(): Promise<number> {
    const started = performance.now();
    await this.commands.ping();
    return performance.now() - started;
  }

  /** A connection of its own for blocking reads of at most 5 s; the caller closes it with {@link close}. */
  openBlocking(name: string): Redis {
    const connection = this.watch(this.commands.duplicate({ connectionName: name, commandTimeout: undefined }), name);
    this.connect(connection);
    return connection;
  }

  /** Ends a connection that {@link openBlocking} gave; a waiting read fails. */
  close(connection: Redis): void {
    connection.disconnect();
    const index = this.opened.indexOf(connection);
    if (index >= 0) this.opened.splice(index, 1);
  }

  private connect(connection: Redis): void {
    // The outcome is told by the events below, and a failure is tried again by the retry strategy.
    connection.connect().catch(() => undefined);
  }

  private watch(connection: Redis, name: string): Redis {
    let away = false;
    let reason = 'connection closed';
    connection.on('error', (error: Error) => (reason = error.message || error.name));
    connection.on('reconnecting', () => {
      if (!away) this.logger.warn(`Redis is away (${name}): ${reason}`);
      away = true;
    });
    connection.on('ready', () => {
      if (away) this.logger.log(`Redis is back (${name})`);
      away = false;
    });
    this.opened.push(connection);
    return connection;
  }
}

const OPTIONS: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SILENCE_LIMIT_MS,
  retryStrategy: (attempt) => Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_RETRY_MS),
};
