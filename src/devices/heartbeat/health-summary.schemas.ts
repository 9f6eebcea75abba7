import { z } from 'zod';
import { uuidSchema } from '../../common/validation/schemas.js';
import { LIFE_STATES, type LifeState } from './life.js';

/** Query of `GET /devices/health/summary`. */
export const healthSummaryQuerySchema = z.strictObject({ municipalityId: uuidSchema.optional() });
export type HealthSummaryQuery = z.infer<typeof healthSummaryQuerySchema>;

const counts = Object.fromEntries(LIFE_STATES.map((state) => [state, z.int()])) as Record<LifeState, z.ZodInt>;

/** How many devices of a municipality are what. */
export const healthCountsSchema = z.object({ municipalityId: z.string(), ...counts });
export type HealthCountsResponse = z.infer<typeof healthCountsSchema>;
