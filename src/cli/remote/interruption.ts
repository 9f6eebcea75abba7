import { EXIT_INTERRUPTED } from './cli-error.js';

/** Ends work in an orderly way at the first Ctrl-C or SIGTERM, and at once at the second. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (): void => {
    if (this.controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    this.controller.abort();
  };

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Signals do what they usually do again. */
  release(): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.onSignal);
  }
}
