import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CliError } from '../remote/cli-error.js';

/**
 * Keeps a second run away from the same journal, until the answer is called. A lock whose process is gone is none.
 * @throws CliError when another run has it
 */
export function lockRun(path: string): () => void {
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { mode: 0o600, flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new CliError((error as Error).message);
      const holder = holderOf(path);
      if (attempt > 1 || (holder !== undefined && isAlive(holder))) {
        throw new CliError(`Another run (process ${holder ?? '?'}) works on this output; ${path} says so.`);
      }
      rmSync(path, { force: true });
    }
  }
}

function holderOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
