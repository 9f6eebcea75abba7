/** Asks for one thing over and over, by HTTP or straight from the database, and says how fast the answers came. */
import autocannon from 'autocannon';
import { quantile } from '../lib/table.mjs';
import { cpuSeconds } from '../lib/usage.mjs';

const WARM_UP_SECONDS = 1;

/**
 * @param {{ url: string, method?: string, headers?: object, body?: string }} request
 * @param {{ connections: number, seconds: number, processes: { [name: string]: number } }} how
 */
export async function loadHttp(request, { connections, seconds, processes }) {
  await autocannon({ ...request, connections, duration: WARM_UP_SECONDS });
  const before = usage(processes);
  const startedAt = performance.now();
  const result = await autocannon({ ...request, connections, duration: seconds });
  const elapsed = (performance.now() - startedAt) / 1000;
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${request.url}: ${result.non2xx} refusals, ${result.errors} errors`);
  }
  const after = usage(processes);
  const busy = Object.keys(processes).map((name) => [`${name} cores`, (after[name] - before[name]) / elapsed]);
  return {
    'requests/s': result['2xx'] / elapsed,
    'p50 ms': result.latency.p50,
    'p99 ms': result.latency.p99,
    'KiB each': result.throughput.total / result['2xx'] / 1024,
    ...Object.fromEntries(busy),
  };
}

/** The bare statement through the same driver, as many at once. */
export async function loadSql(pool, { text, values }, { connections, seconds }) {
  const times = [];
  const until = performance.now() + (WARM_UP_SECONDS + seconds) * 1000;
  const from = performance.now() + WARM_UP_SECONDS * 1000;
  const work = async () => {
    while (performance.now() < until) {
      const startedAt = performance.now();
      await pool.query(text, values);
      if (startedAt >= from) times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return { 'requests/s': times.length / seconds, 'p50 ms': quantile(times, 0.5), 'p99 ms': quantile(times, 0.99) };
}

function usage(processes) {
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuSeconds(pid)]));
}
