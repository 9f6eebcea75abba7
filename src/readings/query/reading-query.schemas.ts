import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { isOrdered, NOT_ORDERED, queryListSchema } from '../../common/validation/query-list.js';
import {
  deviceIdSchema,
  instantOutSchema,
  instantSchema,
  metricCodeSchema,
  uuidSchema,
} from '../../common/validation/schemas.js';
import { RISK_LEVELS } from '../../devices/sensors/risk-thresholds.js';
import { isUsable, QUALITIES, QUALITY_NUMBER } from '../quality.js';
import { REJECT_CODES } from '../reject-code.js';
import { BUCKET_UNITS } from '../../common/time-buckets.js';

const MAX_READINGS = 5_000;
const DEFAULT_READINGS = 1_000;

const limitSchema = (standard: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(standard).describe(`How many items at most, up to ${most}`);

const RESOLUTIONS = ['raw', ...BUCKET_UNITS] as const;

/** Query of `GET /sensors/{id}/readings`. */
export const seriesQuerySchema = pageQuerySchema
  .extend({
    limit: limitSchema(DEFAULT_READINGS, MAX_READINGS),
    from: instantSchema
      .optional()
      .describe('Beginning of the range, inclusive; a day, week, month or year back unless given'),
    to: instantSchema.optional().describe('End of the range, exclusive; now unless given'),
    resolution: z.enum(RESOLUTIONS).default('raw').describe('Single readings, or aggregates per length of time'),
    quality: queryListSchema(QUALITIES)
      .optional()
      .describe('Only readings of these qualities, such as `good,estimated`'),
    order: z.enum(['asc', 'desc']).default('asc').describe('`desc`: newest first'),
  })
  .refine(isOrdered, NOT_ORDERED)
  .refine(
    ({ resolution, quality }) => resolution === 'raw' || (quality ?? []).every((one) => isUsable(QUALITY_NUMBER[one])),
    {
      path: ['quality'],
      error: 'bad and missing readings never enter aggregates',
    },
  );
export type SeriesQuery = z.infer<typeof seriesQuerySchema>;

/** Query of `GET /readings/latest`. */
export const latestQuerySchema = pageQuerySchema.extend({
  limit: limitSchema(DEFAULT_READINGS, MAX_READINGS),
  municipalityId: uuidSchema.optional(),
  sensorType: metricCodeSchema.optional(),
  deviceId: deviceIdSchema.optional(),
  shared: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .describe('true: only sensors of other municipalities that the caller may read now'),
});
export type LatestQuery = z.infer<typeof latestQuerySchema>;

/** Query of `GET /readings/rejected`. */
export const rejectedQuerySchema = pageQuerySchema
  .extend({
    municipalityId: uuidSchema.optional(),
    deviceId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('As it stood in the topic or the header; it may be unknown'),
    code: z.enum(REJECT_CODES).optional(),
    from: instantSchema.optional().describe('Received at or after'),
    to: instantSchema.optional().describe('Received before'),
  })
  .refine(isOrdered, NOT_ORDERED);
export type RejectedQuery = z.infer<typeof rejectedQuerySchema>;

const qualitySchema = z.enum(QUALITIES);
const riskLevelSchema = z.enum(RISK_LEVELS);

/** One reading of a series in an answer. */
export const readingSchema = z
  .object({ instant: instantOutSchema, value: z.number(), quality: qualitySchema, riskLevel: riskLevelSchema })
  .meta({
    id: 'Reading',
    example: { instant: '2026-03-01T06:15:00.000Z', value: 245.5, quality: 'good', riskLevel: 'LOW' },
  });
export type ReadingResponse = z.infer<typeof readingSchema>;

/** Usable readings of one length of time in an answer. */
export const aggregateSchema = z
  .object({
    start: instantOutSchema.describe('Beginning of the minute, hour, day or month'),
    min: z.number(),
    max: z.number(),
    avg: z.number(),
    sum: z.number(),
    count: z.int(),
  })
  .meta({
    id: 'ReadingAggregate',
    example: { start: '2026-03-28T23:00:00.000Z', min: 241.2, max: 251.2, avg: 246.1, sum: 67923.6, count: 276 },
  });
export type AggregateResponse = z.infer<typeof aggregateSchema>;

/** The newest reading of one sensor in an answer. */
export const latestReadingSchema = z
  .object({
    sensorId: z.string(),
    deviceId: z.string(),
    metric: z.string(),
    instant: instantOutSchema,
    value: z.number(),
    quality: qualitySchema,
    riskLevel: riskLevelSchema,
  })
  .meta({ id: 'LatestReading' });
export type LatestReadingResponse = z.infer<typeof latestReadingSchema>;

/** Something that was not stored, in an answer. */
export const rejectedReadingSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string().nullable().describe('null: the device is unknown'),
    deviceId: z.string().nullable(),
    source: z.enum(['mqtt', 'http']),
    index: z.int().nullable().describe('Place in the list of reading sets, from 0'),
    metric: z.string().nullable(),
    instant: instantOutSchema.nullable(),
    code: z.enum(REJECT_CODES),
    reason: z.string(),
    excerpt: z.string().nullable().describe('The beginning of what was sent'),
    requestId: z.string().nullable(),
    receivedAt: instantOutSchema,
  })
  .meta({ id: 'RejectedReading' });
export type RejectedReadingResponse = z.infer<typeof rejectedReadingSchema>;
