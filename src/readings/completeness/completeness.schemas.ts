import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { isOrdered, NOT_ORDERED } from '../../common/validation/query-list.js';
import { instantOutSchema, instantSchema, uuidSchema } from '../../common/validation/schemas.js';

const range = {
  from: instantSchema.optional().describe('Beginning of the range, inclusive; a day before its end unless given'),
  to: instantSchema.optional().describe('End of the range, exclusive; now unless given'),
};

/** Query of `GET /devices/{deviceId}/completeness`. */
export const completenessQuerySchema = z
  .strictObject({
    ...range,
    resolution: z
      .enum(['hour', 'day'])
      .default('hour')
      .describe('`hour`: hours and days, of at most 31 days; `day`: days alone, of at most 366'),
  })
  .refine(isOrdered, NOT_ORDERED);
export type CompletenessQuery = z.infer<typeof completenessQuerySchema>;

/** Query of `GET /municipalities/{id}/completeness`. */
export const municipalityQuerySchema = z.strictObject(range).refine(isOrdered, NOT_ORDERED);
export type MunicipalityQuery = z.infer<typeof municipalityQuerySchema>;

const municipalityId = uuidSchema.optional().describe('A municipality, or a region with all of its own');

/** Query of `GET /completeness/devices`. */
export const deviceListQuerySchema = pageQuerySchema
  .extend({ ...range, municipalityId })
  .refine(isOrdered, NOT_ORDERED);
export type DeviceListQuery = z.infer<typeof deviceListQuerySchema>;

/** Query of `GET /completeness/devices/export`. */
export const deviceExportQuerySchema = z.strictObject({ ...range, municipalityId }).refine(isOrdered, NOT_ORDERED);
export type DeviceExportQuery = z.infer<typeof deviceExportQuerySchema>;

const tally = {
  expected: z.int().describe('Slots in which a reading set was expected'),
  received: z.int().describe('Of those, slots in which there is a reading'),
  percent: z.number().nullable().describe('One decimal; 100 only when nothing is missing; null: nothing was expected'),
};

const clockSkewSchema = z
  .object({
    minSeconds: z.number().describe('Negative: the clock of the device is ahead by at least that much'),
    typicalSeconds: z.number().nullable().describe('Mean of the sets that came in time; null: all were late'),
    maxSeconds: z.number(),
  })
  .nullable()
  .describe('Arrival minus timestamp of the reading sets; null: none had a timestamp');

const deliveries = {
  duplicates: z.int().describe('Reading sets that came again'),
  late: z.int().describe('Reading sets that came more than an interval after their time, such as buffered ones'),
  clockSkew: clockSkewSchema,
};

const bucketSchema = z.object({ start: instantOutSchema, ...tally, ...deliveries });
const stretch = { from: instantOutSchema, to: instantOutSchema };

/** Answer of `GET /devices/{deviceId}/completeness`. */
export const deviceCompletenessSchema = z
  .object({
    deviceId: z.string(),
    municipalityId: z.string(),
    reportingIntervalSeconds: z.int().describe('As it is now; the past is measured by what was in force then'),
    ...stretch,
    ...tally,
    gaps: z
      .array(z.object({ expectedAt: instantOutSchema, ...stretch }))
      .describe(
        'Each slot without a reading: anything that had come in [from, to) would have been it; the first 1,000',
      ),
    gapsTruncated: z.boolean(),
    sequence: z
      .object({
        received: z.int(),
        lost: z.int().describe('Numbers that never came'),
        restarts: z.int().describe('The counter of the device began anew'),
        repeated: z.int().describe('Numbers that came again under another time'),
      })
      .nullable()
      .describe('What `seq` of the reading sets tells; null: they have none'),
    sequenceGaps: z
      .array(
        z.object({
          fromSeq: z.int(),
          toSeq: z.int(),
          count: z.int(),
          after: instantOutSchema.describe('Time of the set before the gap'),
          before: instantOutSchema.describe('Time of the set after the gap'),
        }),
      )
      .describe('Numbers that never came; the first 1,000 gaps'),
    sequenceGapsTruncated: z.boolean(),
    ...deliveries,
    hours: z.array(bucketSchema).describe('Hours of UTC; none with `resolution=day`'),
    days: z.array(bucketSchema).describe("Days of the municipality's time zone, cut off at the ends of the range"),
  })
  .meta({ id: 'DeviceCompleteness' });
export type DeviceCompletenessResponse = z.infer<typeof deviceCompletenessSchema>;

/** Answer of `GET /municipalities/{id}/completeness`. */
export const municipalityCompletenessSchema = z
  .object({
    municipalityId: z.string(),
    ...stretch,
    ...tally,
    devices: z.int().describe('Devices that were to deliver'),
    incomplete: z.int().describe('Of those, devices with a gap'),
    neverDelivered: z
      .int()
      .describe('Active devices that have not delivered anything yet; they do not count otherwise'),
    ...deliveries,
    days: z.array(z.object({ start: instantOutSchema, ...tally })).describe('Days of its time zone'),
  })
  .meta({ id: 'MunicipalityCompleteness' });
export type MunicipalityCompletenessResponse = z.infer<typeof municipalityCompletenessSchema>;

/** An item of `GET /completeness/devices`. */
export const deviceSummarySchema = z
  .object({
    deviceId: z.string(),
    name: z.string(),
    municipalityId: z.string(),
    reportingIntervalSeconds: z.int(),
    ...tally,
    lastReadingAt: instantOutSchema.nullable().describe('null: it has not delivered anything yet'),
    ...deliveries,
  })
  .meta({ id: 'DeviceCompletenessSummary' });
export type DeviceSummaryResponse = z.infer<typeof deviceSummarySchema>;
