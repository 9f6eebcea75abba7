import { z } from 'zod';
import { pageQuerySchema } from '../../../common/pagination/page.js';
import { isOrdered, NOT_ORDERED } from '../../../common/validation/query-list.js';
import { instantOutSchema, instantSchema, uuidSchema } from '../../../common/validation/schemas.js';
import { LIFE_REASONS, LIFE_STATES } from '../life.js';

const range = {
  from: instantSchema.optional().describe('From then on; 30 days before `to` unless given'),
  to: instantSchema.optional().describe('Before then; now unless given'),
};

/** Query of `GET /devices/{deviceId}/status-history`. */
export const statusHistoryQuerySchema = pageQuerySchema
  .extend({
    from: instantSchema.optional().describe('Changed at or after'),
    to: instantSchema.optional().describe('Changed before'),
  })
  .refine(isOrdered, NOT_ORDERED);
export type StatusHistoryQuery = z.infer<typeof statusHistoryQuerySchema>;

/** Query of `GET /devices/{deviceId}/availability`. */
export const availabilityQuerySchema = z.strictObject(range).refine(isOrdered, NOT_ORDERED);
export type AvailabilityQuery = z.infer<typeof availabilityQuerySchema>;

/** Query of `GET /devices/availability/summary`. */
export const availabilitySummaryQuerySchema = z
  .strictObject({ municipalityId: uuidSchema, ...range })
  .refine(isOrdered, NOT_ORDERED);
export type AvailabilitySummaryQuery = z.infer<typeof availabilitySummaryQuerySchema>;

/** Query of `GET /devices/availability`. */
export const availabilityListQuerySchema = pageQuerySchema
  .extend({ municipalityId: uuidSchema, ...range })
  .refine(isOrdered, NOT_ORDERED);
export type AvailabilityListQuery = z.infer<typeof availabilityListQuerySchema>;

/** A change of a device's state in an answer. */
export const statusChangeSchema = z.object({
  id: z.string(),
  deviceId: z.string(),
  from: z.enum(LIFE_STATES),
  to: z.enum(LIFE_STATES),
  reasonCode: z.enum(LIFE_REASONS),
  at: instantOutSchema.describe('When it became true, which may be before it was found'),
});
export type StatusChangeResponse = z.infer<typeof statusChangeSchema>;

const availabilitySchema = z.object({
  percent: z.number().nullable().describe('Of the time that counts; null: none counts'),
  upSeconds: z.number().describe('Online or late'),
  downSeconds: z.number().describe('Offline'),
  unknownSeconds: z.number().describe('The platform did not listen; does not count'),
  apartSeconds: z.number().describe('Maintenance, deactivated or never heard; does not count'),
});
export type AvailabilityFigures = z.infer<typeof availabilitySchema>;

/** Availability within a range, as a whole and by day. */
export const availabilityReportSchema = availabilitySchema.extend({
  from: instantOutSchema,
  to: instantOutSchema,
  days: z.array(
    availabilitySchema.extend({ start: instantOutSchema.describe('Start of the day in the municipality, or `from`') }),
  ),
});
export type AvailabilityReportResponse = z.infer<typeof availabilityReportSchema>;

/** One device of a municipality. */
export const deviceAvailabilitySchema = availabilitySchema.extend({ deviceId: z.string(), name: z.string() });
export type DeviceAvailabilityResponse = z.infer<typeof deviceAvailabilitySchema>;
