/** What is told to the person at the terminal in a sentence, without where it happened. */
export class CliError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
  }
}

/** Some devices of several failed; the others are done. */
export const EXIT_SOME_FAILED = 4;
/** Ended by Ctrl-C or SIGTERM, as shells say it. */
export const EXIT_INTERRUPTED = 130;
