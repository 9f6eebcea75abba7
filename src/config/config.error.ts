/** One environment variable that is wrong or missing. The message never holds the value: it may be a secret. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** The environment does not describe an application that can start; the message names every variable at once. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? 'One setting is' : `${problems.length} settings are`;
    const lines = problems.map(({ variable, message }) => `  - ${variable}: ${message}`);
    super([`${count} wrong or missing:`, ...lines, 'All settings are explained in .env.example.'].join('\n'));
    this.name = 'ConfigError';
  }
}
