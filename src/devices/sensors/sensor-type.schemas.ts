import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema, metricCodeSchema } from '../../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../common/versioning/version.js';
import { riskThresholdsSchema } from './risk-thresholds.js';

const MAX_PRECISION = 10;

const fields = {
  name: nameSchema,
  unit: z
    .string()
    .trim()
    .max(32)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters'),
  validMin: z.number().nullable().optional().describe('A smaller value is stored with quality bad'),
  validMax: z.number().nullable().optional().describe('A larger value is stored with quality bad'),
  precision: z.number().int().min(0).max(MAX_PRECISION).optional().describe('Digits after the point that are shown'),
  thresholds: riskThresholdsSchema.nullable().optional().describe('Used by sensors that have no own ones'),
};

const inOrder = (range: { validMin?: number | null; validMax?: number | null }): boolean =>
  (range.validMin ?? -Infinity) <= (range.validMax ?? Infinity);
const IN_ORDER = { path: ['validMax'], error: 'must not be smaller than validMin' };

/** Body of `POST /sensor-types`. */
export const createSensorTypeSchema = z
  .strictObject({ code: metricCodeSchema, ...fields })
  .refine(inOrder, IN_ORDER)
  .meta({
    example: {
      code: 'snow_depth_cm',
      name: 'Snow depth',
      unit: 'cm',
      validMin: 0,
      validMax: 800,
      precision: 0,
      thresholds: { direction: 'above', medium: 60, high: 120, critical: 200 },
    },
  });
export type CreateSensorType = z.infer<typeof createSensorTypeSchema>;

/** Body of `PATCH /sensor-types/{code}`; the code itself stays, since devices send it. */
export const patchSensorTypeSchema = z
  .strictObject({ ...fields, version: versionSchema })
  .partial()
  .refine(inOrder, IN_ORDER)
  .meta({ example: { validMax: 900, version: 3 } });
export type PatchSensorType = z.infer<typeof patchSensorTypeSchema>;

/** Query of `GET /sensor-types`. */
export const listSensorTypesSchema = pageQuerySchema.extend({
  code: metricCodeSchema.optional(),
  search: searchSchema.optional(),
});
export type ListSensorTypes = z.infer<typeof listSensorTypesSchema>;

/** A sensor type in an answer. */
export const sensorTypeSchema = z.object({
  id: z.string(),
  code: z.string(),
  name: z.string(),
  unit: z.string(),
  validMin: z.number().nullable(),
  validMax: z.number().nullable(),
  precision: z.number().int(),
  thresholds: riskThresholdsSchema.nullable(),
  version: versionOutSchema,
  createdAt: instantOutSchema,
  updatedAt: instantOutSchema,
});
export type SensorTypeResponse = z.infer<typeof sensorTypeSchema>;

/** A real answer, for the API documentation. */
export const SENSOR_TYPE_EXAMPLE: SensorTypeResponse = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d20',
  code: 'water_level_cm',
  name: 'Water level',
  unit: 'cm',
  validMin: -50,
  validMax: 2000,
  precision: 1,
  thresholds: { direction: 'above', medium: 250, high: 350, critical: 450 },
  version: 3,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
