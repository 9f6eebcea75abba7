/** The services below the application: embedded ones, or those that the environment names. */
import { join } from 'node:path';
import { freePort } from '../services/ports.mjs';
import { startPostgres } from '../services/postgres.mjs';
import { startRedis } from '../services/redis.mjs';

/** Small, for a demo beside other programs; durable, as its data are kept. */
const POSTGRES_SETTINGS = {
  shared_buffers: '32MB',
  max_connections: '30',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  max_wal_size: '256MB',
  io_method: 'sync',
  jit: 'off',
  log_min_messages: 'warning',
};

/**
 * @typedef {object} DemoContext
 * @property {import('./folder.mjs').DemoFolder} folder
 * @property {Record<string, string>} secrets
 * @property {string} data folder for the services' data
 * @property {import('./supervisor.mjs').Supervisor} supervisor
 */

/** The database that the environment names, if any; the application reads the same variables. */
export function givenDatabaseUrl(env = process.env) {
  const { DATABASE_URL_POSTGRES: postgres, DATABASE_URL_MYSQL: mysql, DATABASE_URL: plain } = env;
  if (env.DATABASE_MODE === 'mysql') return mysql || plain;
  if (env.DATABASE_MODE === 'postgres') return postgres || plain;
  return plain || postgres || mysql;
}

/** @param {DemoContext} context @returns {Promise<{ url: string, env: Record<string, string>, identity: string }>} */
export async function startDatabase({ folder, secrets, data, supervisor }) {
  const given = givenDatabaseUrl();
  if (given) return { url: given, env: {}, identity: given };
  const port = await freePort(folder.state().postgresPort);
  const service = await startPostgres({
    dir: join(data, 'postgres'),
    binariesHome: data,
    port,
    registry: folder.registry,
    password: secrets.postgresPassword,
    durable: true,
    settings: POSTGRES_SETTINGS,
  });
  supervisor.watch(service);
  folder.remember({ postgresPort: port });
  const env = { DATABASE_MODE: 'postgres', DATABASE_URL_POSTGRES: service.url, DATABASE_POOL_SIZE: '4' };
  return { url: service.url, env, identity: `embedded ${secrets.id}` };
}

/** @param {DemoContext} context @returns {Promise<string>} its URL */
export async function startCache({ folder, secrets, data, supervisor }) {
  if (process.env.REDIS_URL) return process.env.REDIS_URL;
  const port = await freePort(folder.state().redisPort);
  const service = await startRedis({
    dir: join(data, 'redis'),
    port,
    registry: folder.registry,
    password: secrets.redisPassword,
    durable: true,
    args: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'],
  });
  supervisor.watch(service);
  folder.remember({ redisPort: port });
  return service.url;
}

/** A client id of this demo alone: on a shared broker two platforms of the same name would throw each other out. */
export function clientIdOf(secrets) {
  return process.env.MQTT_CLIENT_ID ?? `hydroalert-demo-${secrets.id}`;
}
