import { z } from 'zod';

/** Thresholds that turn a value into a risk level; `above`: risk grows with the value, `below`: risk grows as it falls. */
export const riskThresholdsSchema = z
  .strictObject({
    direction: z.enum(['above', 'below']).default('above'),
    medium: z.number().optional(),
    high: z.number().optional(),
    critical: z.number().optional(),
  })
  .meta({ example: { direction: 'above', medium: 250, high: 350, critical: 450 } });

/** Thresholds of a sensor, or the default of its type. */
export type RiskThresholds = z.infer<typeof riskThresholdsSchema>;

/** Risk levels by their stored number. */
export const RISK_LEVELS = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** Risk level of a reading. */
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** Stored number of the risk level that a value has under the thresholds: 0 LOW … 3 CRITICAL; 0 without thresholds. */
export function riskOf(value: number, thresholds: RiskThresholds | null): number {
  if (!thresholds) return 0;
  const reaches = (limit: number | undefined): boolean =>
    limit !== undefined && (thresholds.direction === 'below' ? value <= limit : value >= limit);
  if (reaches(thresholds.critical)) return 3;
  if (reaches(thresholds.high)) return 2;
  return reaches(thresholds.medium) ? 1 : 0;
}
