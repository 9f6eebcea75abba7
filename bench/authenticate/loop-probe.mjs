/** Loaded into the application by `--import`: measures its event loop, and writes what it saw whenever SIGUSR2 comes. */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const file = process.env.BENCH_LOOP_FILE;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();

let cpu = process.cpuUsage();
process.on('SIGUSR2', () => {
  const used = process.cpuUsage(cpu);
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const figures = {
    meanMs: ms(histogram.mean),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
    cpuMs: (used.user + used.system) / 1000,
  };
  writeFileSync(`${file}.new`, JSON.stringify(figures));
  renameSync(`${file}.new`, file);
  histogram.reset();
  cpu = process.cpuUsage();
});
