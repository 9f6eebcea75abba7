import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Service } from '../../scripts/services/service.mjs';

const MARK = 'memory in use: ';
const TELL = `process.on('SIGUSR2', () => {
  gc();
  process.stderr.write('${MARK}' + JSON.stringify(process.memoryUsage()) + '\\n');
})`;

/** Arguments of Node with which a process can be asked what it really uses; see {@link memoryInUse}. */
export const MEASURED = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(TELL)}`];

/** What a process holds on to after it has collected its garbage, in MiB: objects, and buffers outside of the heap. */
export async function memoryInUse(app: Service): Promise<number> {
  const told = (): string[] => readFileSync(app.logFile, 'utf8').split(MARK);
  const before = told().length;
  process.kill(app.pid, 'SIGUSR2');
  while (told().length === before || !told().at(-1)!.includes('}'))
    await new Promise((resolve) => setTimeout(resolve, 50));
  const { heapUsed, external } = JSON.parse(told().at(-1)!.split('\n')[0]!) as NodeJS.MemoryUsage;
  return (heapUsed + external) / 2 ** 20;
}

/** Memory of the machine that a process occupies, MiB. */
export function residentMemory(app: Service): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${app.pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** What this process holds on to after it has collected its garbage, in bytes of the heap. */
export function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
