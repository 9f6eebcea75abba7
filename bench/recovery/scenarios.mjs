/**
 * What may happen to a running installation, and that nothing is lost by it: readings are published at QoS 1 while the
 * application, the database, Redis or the connection to the broker is taken away; afterwards the stored rows must equal
 * the distinct readings published. Used by the benchmark (full size) and by the end-to-end tests (smaller).
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deviceId, seedCountry } from '../lib/country.mjs';
import { startProxy } from '../lib/proxy.mjs';
import { closeStage, openStage, startApp, startScript } from '../lib/stage.mjs';

const DEVICES = 100;
const LOAD = join(import.meta.dirname, '..', 'ingest', 'load.mjs');
const SETTLE_TIMEOUT_MS = 180_000;

/** Each scenario disturbs `times` times, spread over the load. */
export const SCENARIOS = {
  'application killed (kill -9)': { times: 3, disturb: async ({ app }) => app.restart() },
  'database killed and started again': {
    times: 1,
    disturb: async ({ stage }) => {
      await stage.db.end();
      await stage.postgres.restart();
      await stage.reconnect();
    },
  },
  'Redis killed and started again, empty': { times: 1, disturb: async ({ stage }) => stage.redis.restart() },
  'connection to the broker cut': { times: 5, disturb: async ({ proxy }) => proxy.cut() },
};

/** Opens what the scenarios run on; `close()` ends it. */
export async function openTheatre() {
  const stage = await openStage({ durable: false });
  const proxy = await startProxy(stage.mosquitto.port);
  await seedCountry(stage.db, { municipalities: 5, devices: DEVICES });
  const app = await startApp(stage, { MQTT_URL: `mqtt://127.0.0.1:${proxy.port}` });
  return {
    stage,
    proxy,
    app,
    from: Date.now() - 3_600_000,
    async close() {
      await app.stop();
      await proxy.stop();
      await closeStage(stage);
    },
  };
}

/**
 * Plays one scenario with `messages` readings, published at `rate` a second.
 * @returns {Promise<{ published: number, stored: number, distinct: number, rejected: number, seconds: number }>}
 */
export async function play(theatre, name, messages, rate) {
  const { times, disturb } = SCENARIOS[name];
  const { stage } = theatre;
  const before = await counts(stage);
  const steps = Math.ceil(messages / DEVICES);
  const from = theatre.from;
  theatre.from += steps + 1_000;
  const started = performance.now();
  const load = startScript(LOAD, [
    ...['--port', String(stage.mosquitto.port), '--devices', String(DEVICES), '--rate', String(rate)],
    ...['--messages', String(messages), '--from', String(from)],
  ]);
  const published = load.line();
  for (let n = 1; n <= times; n++) {
    await storedAtLeast(stage, before.stored + Math.floor((messages * n) / (times + 1) / 2));
    await disturb(theatre);
  }
  const { values } = await published;
  await storedAtLeast(stage, before.stored + values);
  await sleep(1_000); // Anything stored twice or too much would come now.
  const after = await counts(stage);
  const { rows } = await stage.db.query(
    `select count(*)::int as n from readings r join sensors s using (series_id)
     where s.device_id = any($1) and r.instant >= to_timestamp($2::float8 / 1000) and r.instant < to_timestamp($3::float8 / 1000)`,
    [Array.from({ length: DEVICES }, (_, i) => deviceId(i)), from, from + steps],
  );
  return {
    published: values,
    stored: after.stored - before.stored,
    distinct: rows[0].n,
    rejected: after.rejected - before.rejected,
    seconds: (performance.now() - started) / 1000,
  };
}

async function counts({ db }) {
  const { rows } = await db.query(
    `select (select count(*)::int from readings) as stored, (select count(*)::int from rejected_readings) as rejected`,
  );
  return rows[0];
}

/** @throws Error when they do not come */
async function storedAtLeast(stage, expected) {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const { stored } = await counts(stage);
    if (stored >= expected) return;
    if (Date.now() > deadline) throw new Error(`only ${stored} of ${expected} readings were stored in time`);
    await sleep(100);
  }
}
