import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import {
  deviceIdSchema,
  instantOutSchema,
  latitudeSchema,
  longitudeSchema,
  metricCodeSchema,
  uuidSchema,
} from '../common/validation/schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';
import { authMethodSchema, type AuthMethod, issuedCredentialsSchema } from './credentials/credential.schemas.js';
import { deviceHealthSchema } from './heartbeat/device-health.schemas.js';
import { LIFE_STATES } from './heartbeat/life.js';
import { queryListSchema } from '../common/validation/query-list.js';
import { profileCodeSchema } from './profiles/profile-code.js';
import { protocolCodeSchema } from './protocols/protocol.schemas.js';
import { riskThresholdsSchema } from './sensors/risk-thresholds.js';
import { sensorSchema } from './sensors/sensor.schemas.js';
import { metadataSchema, nameSchema, searchSchema } from '../common/validation/text.schemas.js';
import { devEuiSchema } from './uplinks/dev-eui.js';

const MAX_SENSORS = 200;
const WEEK_SECONDS = 7 * 24 * 3600;

const heartbeatIntervalSchema = z
  .number()
  .int()
  .min(1)
  .max(WEEK_SECONDS)
  .describe('Expected seconds between two signs of life; 900 unless given');

const reportingIntervalSchema = z
  .number()
  .int()
  .min(1)
  .max(WEEK_SECONDS)
  .nullable()
  .describe('Expected seconds between two reading sets; null: as between two signs of life');

const signatureRequiredSchema = z.boolean().describe('Refuse readings that the device did not sign');

const newSensorSchema = z.strictObject({
  typeCode: metricCodeSchema,
  code: metricCodeSchema.optional().describe('Key in the payloads of the device; the code of the type unless given'),
  name: nameSchema.optional(),
  thresholds: riskThresholdsSchema.nullable().optional().describe('Own thresholds instead of those of the type'),
});

/** Both coordinates or none. */
const placed = (place: { latitude?: number | null; longitude?: number | null }): boolean =>
  (place.latitude ?? null) === null ? (place.longitude ?? null) === null : (place.longitude ?? null) !== null;
const PLACED = { path: ['longitude'], error: 'latitude and longitude belong together' };

/** Body of `POST /devices/register`. */
export const registerDeviceSchema = z
  .strictObject({
    deviceId: deviceIdSchema,
    name: nameSchema,
    municipalityId: uuidSchema.optional().describe('The own municipality unless given; a super admin names one'),
    authMethods: z.array(authMethodSchema).min(1).max(8).default(['api_key']),
    latitude: latitudeSchema.nullable().optional(),
    longitude: longitudeSchema.nullable().optional(),
    sensors: z
      .array(newSensorSchema)
      .max(MAX_SENSORS)
      .superRefine((sensors, context) => {
        const codes = sensors.map((sensor) => sensor.code ?? sensor.typeCode);
        codes.forEach((code, index) => {
          if (codes.indexOf(code) === index) return;
          const params = { code: 'DUPLICATE_SENSOR_CODE' };
          context.addIssue({ code: 'custom', path: [index, 'code'], params, message: `"${code}" stands there twice` });
        });
      })
      .optional(),
    heartbeatIntervalSeconds: heartbeatIntervalSchema.optional(),
    reportingIntervalSeconds: reportingIntervalSchema.optional(),
    signatureRequired: signatureRequiredSchema.optional(),
    protocolCode: protocolCodeSchema.nullable().optional().describe('Protocol of the catalogue that the device speaks'),
    profileCode: profileCodeSchema.nullable().optional().describe('Profile by which its payloads are read'),
    devEui: devEuiSchema.nullable().optional(),
    metadata: metadataSchema.nullable().optional(),
  })
  .refine(placed, PLACED)
  .meta({
    example: {
      deviceId: 'river-gauge-017',
      name: 'Gauge at the old mill',
      authMethods: ['api_key', 'mqtt'],
      latitude: 47.0707,
      longitude: 15.4395,
      sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'battery_level' }],
      heartbeatIntervalSeconds: 300,
      protocolCode: 'mqtt',
      metadata: { mast: 'M-4' },
    },
  });
/** What a caller of the registration service hands over; fields with a default may be absent. */
export type RegisterDevice = Omit<z.infer<typeof registerDeviceSchema>, 'authMethods'> & { authMethods?: AuthMethod[] };

/** Body of `PATCH /devices/{deviceId}`. */
export const patchDeviceSchema = z
  .strictObject({
    name: nameSchema.optional(),
    latitude: latitudeSchema.nullable().optional(),
    longitude: longitudeSchema.nullable().optional(),
    heartbeatIntervalSeconds: heartbeatIntervalSchema.optional(),
    reportingIntervalSeconds: reportingIntervalSchema.optional(),
    signatureRequired: signatureRequiredSchema.optional(),
    protocolCode: protocolCodeSchema.nullable().optional().describe('Protocol of the catalogue; null: none'),
    profileCode: profileCodeSchema.nullable().optional().describe('Profile; null: payloads are reading sets or SenML'),
    devEui: devEuiSchema.nullable().optional(),
    metadata: metadataSchema.nullable().optional(),
    version: versionSchema,
  })
  .refine((patch) => (patch.latitude === undefined) === (patch.longitude === undefined) && placed(patch), PLACED)
  .meta({ example: { name: 'Gauge at the new bridge', heartbeatIntervalSeconds: 600, version: 2 } });
export type PatchDevice = z.infer<typeof patchDeviceSchema>;

/** Query of `GET /devices`. */
export const listDevicesSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional(),
  status: z.enum(['active', 'deactivated']).optional(),
  health: queryListSchema(LIFE_STATES).optional().describe('One or more, such as `offline,late` for the silent ones'),
  search: searchSchema.optional(),
});
export type ListDevices = z.infer<typeof listDevicesSchema>;

/** A device in an answer. */
export const deviceSchema = z.object({
  deviceId: z.string(),
  municipalityId: z.string(),
  name: z.string(),
  status: z.enum(['active', 'deactivated']),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  heartbeatIntervalSeconds: z.number().int(),
  reportingIntervalSeconds: z
    .number()
    .int()
    .nullable()
    .describe('Expected seconds between two reading sets; null: as between two signs of life'),
  maintenanceUntil: instantOutSchema.nullable().describe('Somebody works on it until then; null, or over: nobody'),
  maintenanceReason: z.string().nullable(),
  signatureRequired: z.boolean(),
  protocolCode: z.string().nullable().describe('Protocol of the catalogue that the device speaks; null: nobody said'),
  profileCode: z.string().nullable().describe('Profile by which its payloads are read; null: as reading sets or SenML'),
  devEui: z.string().nullable().describe('DevEUI of a LoRaWAN device'),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  version: versionOutSchema,
  createdAt: instantOutSchema,
  updatedAt: instantOutSchema,
});
export type DeviceResponse = z.infer<typeof deviceSchema>;

/** A device of a list, with what is known of its life. */
export const deviceListItemSchema = deviceSchema.extend({ health: deviceHealthSchema });

/** One device with its sensors and its ways to authenticate. */
export const deviceDetailSchema = deviceListItemSchema.extend({
  authMethods: z.array(authMethodSchema),
  sensors: z.array(sensorSchema),
});

/** Answer of `POST /devices/register`. */
export const registeredDeviceSchema = deviceSchema.extend({
  sensors: z.array(sensorSchema),
  credentials: issuedCredentialsSchema,
});
