import { z } from 'zod';
import { QUALITIES } from './quality.js';
import { REJECT_CODES } from './reject-code.js';

/**
 * Shape of a reading set as devices send it. Values are looked at one by one afterwards, so that one bad value does not
 * cost the others; metrics may also stand at the top level.
 */
export const readingSetSchema = z
  .looseObject({
    timestamp: z
      .unknown()
      .optional()
      .meta({ description: 'RFC 3339 with offset, or epoch seconds or milliseconds; without it the time of arrival' }),
    seq: z.int().min(0).optional(),
    values: z.record(z.string().max(128), z.unknown()).optional(),
    quality: z.enum(QUALITIES).optional(),
  })
  .meta({
    id: 'ReadingSet',
    example: { timestamp: '2026-03-01T06:15:00.000Z', values: { water_level_cm: 245.5, rainfall_mm: 0.4 } },
  });

/** A reading set as it was sent. */
export type RawReadingSet = z.infer<typeof readingSetSchema>;

/** Body of `POST /readings`: one set or a list of them (or a SenML pack). */
export const readingBodySchema = z
  .union([readingSetSchema, z.array(readingSetSchema)])
  .meta({ id: 'Readings', example: { timestamp: '2026-03-01T06:15:00.000Z', values: { water_level_cm: 245.5 } } });

/** Answer of `POST /readings`. */
export const ingestionAnswerSchema = z
  .object({
    accepted: z.int().describe('Values newly stored'),
    duplicates: z.int().describe('Values that were stored before'),
    rejected: z.array(
      z.object({
        index: z.int().nullable().describe('Place of the reading set in the body, from 0; null: the whole body'),
        metric: z.string().nullable(),
        instant: z.string().nullable(),
        code: z.enum(REJECT_CODES),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'IngestionAnswer' });
