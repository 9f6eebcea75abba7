import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { ConfigProblem } from './config.error.js';

/** Variables as they come from the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one and collects what is wrong, so that a start-up error can name all of them.
 * An empty variable counts as absent, because compose files and hosting forms hand out empty ones.
 */
export class EnvReader {
  readonly problems: ConfigProblem[] = [];
  /** Every name that was asked for; `.env.example` is checked against it. */
  readonly names = new Set<string>();

  constructor(
    private readonly environment: Environment,
    readonly production: boolean,
  ) {}

  /**
   * The value of a variable, checked and converted by `schema`, which also says whether it may be absent.
   * A wrong one is recorded and reads as undefined; loading fails at its end, so nobody works with that.
   */
  read<S extends z.ZodType>(name: string, schema: S): z.output<S> {
    const result = schema.safeParse(this.raw(name));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    this.problem(name, this.raw(name) === undefined ? 'is missing' : (issue?.message ?? 'is not valid'));
    return undefined as z.output<S>;
  }

  /** The trimmed text of a variable; undefined when it is absent or empty. */
  raw(name: string): string | undefined {
    this.names.add(name);
    const text = this.environment[name]?.trim();
    return text === '' ? undefined : text;
  }

  /** The content of the file that a variable names; undefined when the variable is absent. */
  file(name: string): string | undefined {
    const path = this.raw(name);
    return path === undefined ? undefined : this.fileAt(name, path);
  }

  /** The content of a file; the variable that led to it is named when it cannot be read. */
  fileAt(variable: string, path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      this.problem(variable, `names a file that cannot be read: ${path}`);
      return undefined;
    }
  }

  problem(variable: string, message: string): void {
    this.problems.push({ variable, message });
  }
}
