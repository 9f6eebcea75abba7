import { z } from 'zod';
import { instantOutSchema } from '../../common/validation/schemas.js';

/** Whether a device is alive, as people see it. */
export const HEALTH_STATUSES = ['online', 'late', 'offline', 'never_seen', 'maintenance', 'deactivated'] as const;

/** Answer of the health check, and part of every device in an answer. */
export const deviceHealthSchema = z.object({
  deviceId: z.string(),
  status: z.enum(HEALTH_STATUSES),
  lastSeenAt: instantOutSchema.nullable().describe('Arrival of the last sign of life'),
  heartbeatIntervalSeconds: z.number().int(),
  reason: z.string().describe('Why, in a sentence'),
  reportedStatus: z.enum(['online', 'offline', 'maintenance', 'fault']).nullable(),
  batteryLevel: z.number().nullable().describe('Percent'),
  signalStrength: z.number().nullable().describe('dBm'),
  firmware: z.string().nullable(),
  message: z.string().nullable(),
});
export type DeviceHealth = z.infer<typeof deviceHealthSchema>;
