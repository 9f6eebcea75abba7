import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema, instantSchema, uuidSchema } from '../../common/validation/schemas.js';

/** Longest time that a sensor is shared for at once; whoever needs it longer decides anew. */
export const MAX_SHARE_DAYS = 366;

/** Body of `POST /sensors/{id}/shares`. */
export const createShareSchema = z
  .strictObject({
    recipientCode: z.string().min(1).max(64).describe('Code of the municipality that may read the sensor'),
    validFrom: instantSchema.optional().describe('From now on unless given'),
    validUntil: instantSchema.describe(`When it ends by itself; at most ${MAX_SHARE_DAYS} days after it begins`),
    reason: z.string().trim().max(500).default(''),
  })
  .meta({
    example: { recipientCode: 'unterau', validUntil: '2026-12-31T23:00:00Z', reason: 'Flood exercise of the valley' },
  });
export type CreateShare = z.infer<typeof createShareSchema>;

/** Query of `GET /sensor-shares`. */
export const listSharesSchema = pageQuerySchema.extend({
  direction: z.enum(['given', 'received']).optional().describe('Seen from the caller; both unless given'),
  sensorId: uuidSchema.optional(),
  municipalityId: uuidSchema.optional().describe('On either side'),
  active: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .describe('Whether it can be read by it now'),
});
export type ListShares = z.infer<typeof listSharesSchema>;

/** A share in an answer. */
export const shareSchema = z
  .object({
    id: z.string(),
    sensorId: z.string(),
    municipalityId: z.string().describe('Whose sensor it is'),
    recipientId: z.string().describe('Who may read it'),
    validFrom: instantOutSchema,
    validUntil: instantOutSchema,
    endedAt: instantOutSchema.nullable().describe('When it was ended before its time'),
    active: z.boolean(),
    reason: z.string(),
    createdAt: instantOutSchema,
  })
  .meta({ id: 'SensorShare' });
export type ShareResponse = z.infer<typeof shareSchema>;

/** A real answer, for the API documentation. */
export const SHARE_EXAMPLE: ShareResponse = {
  id: '0199c1a4-9a10-7b02-8f11-6c0de2a1b304',
  sensorId: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  recipientId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e41',
  validFrom: '2026-11-22T08:00:00.000Z',
  validUntil: '2026-12-31T23:00:00.000Z',
  endedAt: null,
  active: true,
  reason: 'Flood exercise of the valley',
  createdAt: '2026-11-22T08:00:00.000Z',
};
