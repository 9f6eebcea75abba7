import { z } from 'zod';
import type { EnvReader } from './env-reader.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** How much is logged, and where to beside stdout. */
export interface LoggingConfig {
  readonly level: (typeof LOG_LEVELS)[number];
  /** Path of a file that gets the same lines as stdout. */
  readonly file?: string;
}

export function readLoggingConfig(reader: EnvReader): LoggingConfig {
  return {
    level: reader.read('LOG_LEVEL', z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info')),
    file: reader.raw('LOG_FILE'),
  };
}
