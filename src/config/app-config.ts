import type { AuthConfig } from './auth.config.js';
import type { CertificatesConfig } from './certificates.config.js';
import type { DatabaseConfig } from './database.config.js';
import type { HeartbeatConfig } from './heartbeat.config.js';
import type { HttpConfig } from './http.config.js';
import type { LoggingConfig } from './logging.config.js';
import type { MailConfig } from './mail.config.js';
import type { MqttConfig } from './mqtt.config.js';
import type { RedisConfig } from './redis.config.js';
import type { OutboundConfig } from './outbound.config.js';
import type { RateLimitConfig } from './rate-limit.config.js';
import type { ProcessRole } from './roles.config.js';

export const ENVIRONMENTS = ['development', 'test', 'production'] as const;

/** Everything that the environment says, checked and typed. */
export interface AppSettings {
  readonly environment: (typeof ENVIRONMENTS)[number];
  readonly roles: ReadonlySet<ProcessRole>;
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly redis: RedisConfig;
  readonly mqtt: MqttConfig;
  readonly auth: AuthConfig;
  readonly certificates: CertificatesConfig;
  readonly heartbeat: HeartbeatConfig;
  readonly mail: MailConfig;
  readonly logging: LoggingConfig;
  readonly outbound: OutboundConfig;
  readonly rateLimits: RateLimitConfig;
}

/** The settings of this process, one group per concern; inject it and read, nothing else reads the environment. */
export class AppConfig implements AppSettings {
  readonly environment: AppSettings['environment'];
  readonly roles: AppSettings['roles'];
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly redis: RedisConfig;
  readonly mqtt: MqttConfig;
  readonly auth: AuthConfig;
  readonly certificates: CertificatesConfig;
  readonly heartbeat: HeartbeatConfig;
  readonly mail: MailConfig;
  readonly logging: LoggingConfig;
  readonly outbound: OutboundConfig;
  readonly rateLimits: RateLimitConfig;

  constructor(settings: AppSettings) {
    this.environment = settings.environment;
    this.roles = settings.roles;
    this.http = settings.http;
    this.database = settings.database;
    this.redis = settings.redis;
    this.mqtt = settings.mqtt;
    this.auth = settings.auth;
    this.certificates = settings.certificates;
    this.heartbeat = settings.heartbeat;
    this.mail = settings.mail;
    this.logging = settings.logging;
    this.outbound = settings.outbound;
    this.rateLimits = settings.rateLimits;
  }

  get isProduction(): boolean {
    return this.environment === 'production';
  }

  /** Whether this process does the work of a role. */
  hasRole(role: ProcessRole): boolean {
    return this.roles.has(role);
  }
}
