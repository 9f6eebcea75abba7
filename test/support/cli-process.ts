import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/services/build.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

/** How a command ended, and what it said. */
export interface CliEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line as a process of its own, with nothing of the server's environment. */
export class CliProcess {
  readonly ended: Promise<CliEnd>;
  private readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';

  private constructor(args: readonly string[], { cwd, env, input }: CliOptions) {
    this.child = spawn(process.execPath, [join(PROJECT, 'dist', 'cli', 'main.js'), ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
    });
    this.child.stdout?.on('data', (part: Buffer) => (this.stdout += part.toString()));
    this.child.stderr?.on('data', (part: Buffer) => (this.stderr += part.toString()));
    this.child.stdin?.end(input ?? '');
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Starts a command; the application is built first where that is needed. */
  static async start(args: readonly string[], options: CliOptions): Promise<CliProcess> {
    await ensureBuilt(PROJECT);
    return new CliProcess(args, options);
  }

  /** Runs a command to its end. */
  static async run(args: readonly string[], options: CliOptions): Promise<CliEnd> {
    return (await CliProcess.start(args, options)).ended;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: string;
}
