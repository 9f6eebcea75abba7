/** What a benchmark runs on: private PostgreSQL, Mosquitto and Redis, a migrated database, and the application. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { ensureBuilt } from '../../scripts/services/build.mjs';
import { spawnApp } from '../../scripts/services/app.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { startPostgres } from '../../scripts/services/postgres.mjs';
import { startRedis } from '../../scripts/services/redis.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
/** The administrator that the stage begins with. */
export const ADMIN = { email: 'bench@example.org', password: 'a long enough bench password' };

/** Settings of a small production server; durability is on. */
const POSTGRES_SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min' };

/** Requests are counted, as in production, but one client may make as many as it can. */
const OUT_OF_REACH = Object.fromEntries(
  ['SIGN_IN', 'PUBLIC', 'READ', 'WRITE', 'EXPORT', 'INGEST', 'CONNECT'].map((name) => [
    `RATE_LIMIT_${name}`,
    '10000000',
  ]),
);

/**
 * Starts everything but the application. `durable`: the database survives a power cut, as in production; `broker`: options
 * of Mosquitto; `settings`: variables of the application besides the common ones.
 */
export async function openStage({ durable = true, broker = {}, settings = {} } = {}) {
  const postgres = await startPostgres({ durable, settings: POSTGRES_SETTINGS });
  // Mosquitto's own default is to write its store by time, not after so many messages, which would dominate everything.
  const mosquitto = await startMosquitto({ anonymous: true, autosaveEvery: 100_000_000, ...broker });
  const redis = await startRedis();
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: postgres.url,
    MQTT_URL: mosquitto.url,
    REDIS_URL: redis.url,
    MQTT_CLIENT_ID: 'bench',
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    ENCRYPTION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    BROKER_HOOK_TOKEN: crypto.randomUUID(),
    CORS_ORIGINS: 'http://127.0.0.1',
    LOG_LEVEL: 'warn',
    ...OUT_OF_REACH,
    ...settings,
  };
  await ensureBuilt(ROOT);
  cli(env, ['migrate']);
  cli({ ...env, ADMIN_PASSWORD: ADMIN.password }, ['create-admin', '--email', ADMIN.email]);
  const stage = {
    postgres,
    mosquitto,
    redis,
    env,
    /** @type {pg.Client} */
    db: await connect(postgres.url),
    async reconnect() {
      stage.db = await connect(postgres.url);
    },
  };
  return stage;
}

async function connect(url) {
  const db = new pg.Client(url);
  await db.connect();
  return db;
}

/** Stops what {@link openStage} started. */
export async function closeStage({ postgres, mosquitto, redis, db }) {
  await db.end();
  await Promise.all([mosquitto.stop(), redis.stop(), postgres.stop()]);
}

/** Starts the application on the stage. */
export function startApp(stage, env = {}) {
  // As `npm start` does it; BENCH_NODE_ARGS adds to it, e.g. "--cpu-prof" for a profile.
  const nodeArgs = ['--max-semi-space-size=64', ...(process.env.BENCH_NODE_ARGS?.split(' ') ?? [])];
  return spawnApp({ env: { ...stage.env, ...env }, nodeArgs });
}

/** An access token of the administrator. */
export async function signIn(app) {
  const answer = await fetch(`${app.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  if (!answer.ok) throw new Error(`sign-in failed: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).data.accessToken;
}

function cli(env, args) {
  execFileSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Starts a script of the benchmark; `line()` answers its next JSON line, `ended` its end. */
export function startScript(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    line: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${file} ended with ${child.exitCode}`);
      return JSON.parse(value);
    },
    stop: async () => {
      if (child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    },
  };
}
