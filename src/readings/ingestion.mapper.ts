import type { z } from 'zod';
import type { IngestionResult } from './device-message.js';
import type { ingestionAnswerSchema } from './reading-set.schema.js';

/** Answer of `POST /readings`. */
export type IngestionAnswer = z.infer<typeof ingestionAnswerSchema>;

/** The result of one message as the answer shows it. */
export function toIngestionAnswer({ accepted, duplicates, rejected }: IngestionResult): IngestionAnswer {
  return {
    accepted,
    duplicates,
    rejected: rejected.map(({ index, metric, instant, code, reason }) => ({
      index,
      metric,
      instant: instant === null ? null : new Date(instant).toISOString(),
      code,
      reason,
    })),
  };
}
