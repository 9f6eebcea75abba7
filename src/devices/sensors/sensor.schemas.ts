import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { deviceIdSchema, instantOutSchema, metricCodeSchema, uuidSchema } from '../../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../common/versioning/version.js';
import { riskThresholdsSchema } from './risk-thresholds.js';

/** Query of `GET /sensors`. */
export const listSensorsSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional(),
  deviceId: deviceIdSchema.optional(),
  sensorType: metricCodeSchema.optional(),
  enabled: z.stringbool().optional(),
  search: searchSchema.optional(),
  shared: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .describe('true: only sensors of other municipalities that the caller may read now'),
});
export type ListSensors = z.infer<typeof listSensorsSchema>;

/** Body of `POST /sensors`. */
export const createSensorSchema = z
  .strictObject({
    deviceId: deviceIdSchema,
    typeCode: metricCodeSchema,
    code: metricCodeSchema.optional().describe('Key in the payloads of the device; the code of the type unless given'),
    name: nameSchema.optional(),
    thresholds: riskThresholdsSchema.nullable().optional().describe('Own thresholds instead of those of the type'),
  })
  .meta({ example: { deviceId: 'river-gauge-017', typeCode: 'temperature_c', code: 'air_temperature_c' } });
export type CreateSensor = z.infer<typeof createSensorSchema>;

/** Body of `PATCH /sensors/{id}`. */
export const patchSensorSchema = z
  .strictObject({
    name: nameSchema.optional(),
    thresholds: riskThresholdsSchema.nullable().optional().describe('null: those of the type again'),
    enabled: z.boolean().optional().describe('Readings of a disabled sensor are rejected as UNKNOWN_METRIC'),
    version: versionSchema,
  })
  .meta({ example: { name: 'Air', thresholds: { direction: 'above', medium: 30, high: 35 }, version: 1 } });
export type PatchSensor = z.infer<typeof patchSensorSchema>;

/** A sensor in an answer. */
export const sensorSchema = z.object({
  id: z.string(),
  deviceId: z.string(),
  municipalityId: z.string(),
  code: z.string().describe('Key in the payloads of the device'),
  name: z.string(),
  typeCode: z.string(),
  unit: z.string(),
  precision: z.number().int().describe('Digits after the point that are shown'),
  thresholds: riskThresholdsSchema.nullable().describe('Own thresholds; null: those of the type'),
  enabled: z.boolean(),
  version: versionOutSchema,
  createdAt: instantOutSchema,
  updatedAt: instantOutSchema,
});
export type SensorResponse = z.infer<typeof sensorSchema>;

/** A real answer, for the API documentation. */
export const SENSOR_EXAMPLE: SensorResponse = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12',
  deviceId: 'river-gauge-017',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  code: 'water_level_cm',
  name: 'Water level',
  typeCode: 'water_level_cm',
  unit: 'cm',
  precision: 1,
  thresholds: { direction: 'above', medium: 250, high: 350, critical: 450 },
  enabled: true,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
