import { z } from 'zod';
import { instantOutSchema } from '../../common/validation/schemas.js';
import { LIFE_CONDITIONS, LIFE_REASONS, LIFE_STATES } from './life.js';

/** Answer of the health check, and part of every device in an answer. */
export const deviceHealthSchema = z.object({
  deviceId: z.string(),
  status: z.enum(LIFE_STATES),
  since: instantOutSchema.nullable().describe('When it became so; null for a device that was never heard'),
  reasonCode: z.enum(LIFE_REASONS).describe('Why, for programs'),
  reason: z.string().describe('Why, in a sentence'),
  conditions: z.array(z.enum(LIFE_CONDITIONS)).describe('What is wrong with the device though it may be heard'),
  lastSeenAt: instantOutSchema.nullable().describe('Arrival of the last sign of life'),
  lastDataAt: instantOutSchema.nullable().describe('Arrival of the last readings'),
  heartbeatIntervalSeconds: z.number().int(),
  reportedStatus: z.enum(['online', 'offline', 'maintenance', 'fault']).nullable(),
  batteryLevel: z.number().nullable().describe('Percent'),
  signalStrength: z.number().nullable().describe('dBm'),
  firmware: z.string().nullable(),
  message: z.string().nullable(),
});
export type DeviceHealth = z.infer<typeof deviceHealthSchema>;
