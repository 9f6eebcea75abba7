import { z } from 'zod';

const serviceStateSchema = z.enum(['up', 'down', 'degraded']);

/** `GET /health`: the process runs; it asks nobody else. */
export const livenessSchema = z.object({ status: z.literal('ok'), uptimeSeconds: z.number() });

/** `GET /ready`: whether the process can do its work, and which service keeps it from it. */
export const readinessSchema = z.object({
  status: z.enum(['ready', 'not_ready']),
  services: z.record(z.string(), serviceStateSchema),
});

/** `GET /api/v1/monitoring/health`: one word for everybody. */
export const coarseHealthSchema = z.object({ status: serviceStateSchema });

export type Liveness = z.infer<typeof livenessSchema>;
export type Readiness = z.infer<typeof readinessSchema>;
export type CoarseHealth = z.infer<typeof coarseHealthSchema>;
