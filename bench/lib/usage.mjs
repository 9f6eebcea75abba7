/** CPU seconds and peak memory of processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second; 100 on every Linux that Node runs on. */
const TICKS = 100;

function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [ppid, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map((i) => Number(fields[i]));
  return { ppid, own: (user + system) / TICKS, reaped: (childUser + childSystem) / TICKS };
}

function family(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return stat(other).ppid === pid;
      } catch {
        return false; // Ended meanwhile.
      }
    });
  return [pid, ...children];
}

/** CPU seconds that a process and its children (also ended ones) have used so far. */
export function cpuSeconds(pid) {
  return family(pid).reduce((sum, member) => {
    try {
      const { own, reaped } = stat(member);
      return sum + own + (member === pid ? reaped : 0);
    } catch {
      return sum;
    }
  }, 0);
}

/** Highest resident memory of one process so far, MiB. */
export function peakMemoryMiB(pid) {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
