import { z } from 'zod';
import { instantSchema } from '../../../common/validation/schemas.js';

const MAX_REASON = 500;

/** Body of `POST /devices/{deviceId}/maintenance`. */
export const maintenanceSchema = z
  .strictObject({
    until: instantSchema.describe('It ends by itself then, at most a year from now'),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(MAX_REASON)
      .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must not hold control characters'),
  })
  .meta({ example: { until: '2027-03-01T16:00:00.000Z', reason: 'The mast is painted.' } });
export type Maintenance = z.infer<typeof maintenanceSchema>;
