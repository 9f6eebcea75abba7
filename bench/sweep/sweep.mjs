/** The search for silent devices: 100,000 of them, on PostgreSQL and MariaDB. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/services/build.mjs';
import { startMariadb } from '../../scripts/services/mariadb.mjs';
import { startPostgres } from '../../scripts/services/postgres.mjs';
import { startRedis } from '../../scripts/services/redis.mjs';
import { median, printTable } from '../lib/table.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const DEVICES = 100_000;
const MUNICIPALITIES = 20;
const INTERVAL_SECONDS = 60;
const LIMIT_MS = 2_000;
const CHUNK = 2_000;

export async function sweep({ rounds = 2 } = {}) {
  await ensureBuilt(ROOT);
  const redis = await startRedis();
  const rows = [];
  try {
    for (const [name, start] of [
      ['PostgreSQL', () => startPostgres({ durable: true })],
      ['MariaDB', () => startMariadb()],
    ]) {
      const server = await start();
      try {
        rows.push(...(await onDatabase(name, server.url, redis.url, rounds)));
      } finally {
        await server.stop();
      }
    }
  } finally {
    await redis.stop();
  }
  printTable(`One sweep over ${DEVICES.toLocaleString('en')} devices`, rows);
  if (rows.some(({ verdict }) => verdict === 'TOO SLOW')) process.exitCode = 1;
  return rows;
}

async function onDatabase(database, databaseUrl, redisUrl, rounds) {
  const env = {
    NODE_ENV: 'test',
    ROLES: 'api',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    LOG_LEVEL: 'warn',
  };
  execFileSync(process.execPath, [join(ROOT, 'dist', 'cli', 'main.js'), 'migrate'], {
    env: { ...process.env, ...env },
  });
  const stage = await openStage(env);
  try {
    await stage.seed();
    return [
      await measure(database, 'nothing is due', rounds, stage, () => stage.silence(0)),
      await measure(database, '1 % become late', rounds, stage, () => stage.silence(100, 100)),
      await measure(database, '1 % become offline, with an alert each', rounds, stage, () => stage.silence(200, 100)),
      await measure(database, '10 %: a network goes down', rounds, stage, () => stage.silence(200, 10), Infinity),
    ];
  } finally {
    await stage.app.close();
  }
}

async function measure(database, scenario, rounds, stage, prepare, limit = LIMIT_MS) {
  const times = [];
  let changed = 0;
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    await prepare();
    const started = performance.now();
    ({ changed } = await stage.sweeper.sweep());
    if (round > 0) times.push(performance.now() - started);
  }
  const longest = Math.max(...times);
  const verdict = limit === Infinity ? 'no limit' : longest <= limit ? 'in time' : 'TOO SLOW';
  return { database, scenario, changed, 'ms (median)': median(times), 'ms (longest)': longest, verdict };
}

/** The application in this process, without the roles that would sweep by themselves. */
async function openStage(env) {
  const load = (file) => import(join(ROOT, 'dist', file));
  const { createApp } = await load('app.factory.js');
  const { parseConfig } = await load('config/load-config.js');
  const { Transactions } = await load('database/transaction.js');
  const { Sweeper } = await load('devices/heartbeat/sweep/sweeper.js');
  const app = await createApp(parseConfig(env));
  await app.init();
  const transactions = app.get(Transactions, { strict: false });
  const { dialect } = transactions;
  const insert = async (table, columns, rows) => {
    for (let from = 0; from < rows.length; from += CHUNK) {
      const some = rows.slice(from, from + CHUNK);
      await transactions.query(dialect.upsert(table, columns, some.length), some.flat());
    }
  };
  const ids = Array.from({ length: DEVICES }, (_, i) => `device-${String(i).padStart(6, '0')}`);
  const municipalities = Array.from({ length: MUNICIPALITIES }, () => crypto.randomUUID());
  const at = (seconds) => dialect.instant(Date.now() + seconds * 1000);
  return {
    app,
    sweeper: app.get(Sweeper, { strict: false }),
    async seed() {
      const now = at(0);
      const times = ['created_at', 'updated_at'];
      const towns = municipalities.map((id, i) => [id, `town-${i}`, `Town ${i}`, now, now]);
      await insert('municipalities', ['id', 'code', 'name', ...times], towns);
      const devices = ids.map((id, i) => [id, municipalities[i % MUNICIPALITIES], id, INTERVAL_SECONDS, now, now]);
      const columns = ['id', 'municipality_id', 'name', 'heartbeat_interval_seconds', ...times];
      await insert('devices', columns, devices);
      const span = [crypto.randomUUID(), 'mqtt', at(-86_400), at(86_400)];
      await insert('listening_spans', ['id', 'door', 'heard_since', 'heard_until'], [span]);
    },
    /** Everybody was heard a moment ago, but for every n-th device, whose silence lasts so many seconds. */
    async silence(seconds, every = 1) {
      for (const table of ['alerts', 'device_status_history', 'outbox_events']) {
        await transactions.query(`delete from ${table}`);
      }
      // Judged as of a minute from now: nobody else is due within the measurement.
      const asOf = 60;
      await transactions.query(`update listening_spans set heard_until = ? where door = 'mqtt'`, [at(asOf + 2)]);
      const rows = ids.map((id, i) => {
        const silent = seconds > 0 && i % every === 0;
        const seen = silent ? at(asOf - seconds) : at(asOf);
        return [id, seen, 'online', seen, 'LAST_HEARTBEAT', seen, silent ? seen : at(asOf + 3_600)];
      });
      const columns = ['device_id', 'last_seen_at', 'state', 'state_since', 'reason', 'watched_since', 'next_due_at'];
      await insert('device_presence', columns, rows);
    },
  };
}
