import { existsSync } from 'node:fs';
import { z } from 'zod';
import { AppConfig, ENVIRONMENTS } from './app-config.js';
import { readAuthConfig } from './auth.config.js';
import { readCertificatesConfig } from './certificates.config.js';
import { ConfigError } from './config.error.js';
import { readDatabaseConfig } from './database.config.js';
import { EnvReader, type Environment } from './env-reader.js';
import { readHeartbeatConfig } from './heartbeat.config.js';
import { readHttpConfig } from './http.config.js';
import { readLoggingConfig } from './logging.config.js';
import { readMailConfig } from './mail.config.js';
import { readMqttConfig } from './mqtt.config.js';
import { readOutboundConfig } from './outbound.config.js';
import { readRateLimitConfig } from './rate-limit.config.js';
import { readRedisConfig } from './redis.config.js';
import { readRoles } from './roles.config.js';

const ENV_FILE = '.env';

/** What `readConfig` found: the settings, or what is wrong with them, and every name that was looked at. */
export interface ConfigReading {
  readonly config?: AppConfig;
  readonly problems: EnvReader['problems'];
  readonly names: ReadonlySet<string>;
}

/**
 * The settings of this process, from `.env` in the working directory and the environment, which wins.
 * @throws ConfigError that names every wrong or missing variable
 */
export function loadConfig(): AppConfig {
  if (existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE);
  return parseConfig(process.env);
}

/**
 * The settings that the given variables describe; tests use it with an environment of their own.
 * @throws ConfigError
 */
export function parseConfig(environment: Environment): AppConfig {
  const { config, problems } = readConfig(environment);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}

/** Reads all groups, even after a failure, so that every problem is known at the end. */
export function readConfig(variables: Environment): ConfigReading {
  // Without NODE_ENV the strict checks hold: a forgotten variable must not open the door to weak secrets.
  const environment = z
    .enum(ENVIRONMENTS)
    .default('production')
    .safeParse(variables['NODE_ENV']?.trim() || undefined);
  const reader = new EnvReader(variables, !environment.success || environment.data === 'production');
  if (!environment.success) reader.problem('NODE_ENV', `must be one of ${ENVIRONMENTS.join(', ')}`);
  reader.names.add('NODE_ENV');
  const roles = readRoles(reader);
  const http = readHttpConfig(reader);
  const groups = {
    http,
    redis: readRedisConfig(reader),
    mqtt: readMqttConfig(reader, roles),
    auth: readAuthConfig(reader),
    certificates: readCertificatesConfig(reader, http),
    heartbeat: readHeartbeatConfig(reader),
    mail: readMailConfig(reader, http.port),
    logging: readLoggingConfig(reader),
    outbound: readOutboundConfig(reader),
    rateLimits: readRateLimitConfig(reader),
  };
  const database = readDatabaseConfig(reader);
  const { problems, names } = reader;
  if (problems.length > 0 || database === undefined || !environment.success) return { problems, names };
  return { problems, names, config: new AppConfig({ environment: environment.data, roles, database, ...groups }) };
}
