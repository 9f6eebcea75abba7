import type { z } from 'zod';
import type {
  deviceDetailSchema,
  deviceListItemSchema,
  DeviceResponse,
  registeredDeviceSchema,
} from './device.schemas.js';
import type { DeviceHealth } from './heartbeat/device-health.schemas.js';
import { SENSOR_EXAMPLE } from './sensors/sensor.schemas.js';

/** Real answers, for the API documentation. */
export const DEVICE_EXAMPLE: DeviceResponse = {
  deviceId: 'river-gauge-017',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  name: 'Gauge at the old mill',
  status: 'active',
  latitude: 47.0707,
  longitude: 15.4395,
  heartbeatIntervalSeconds: 300,
  reportingIntervalSeconds: 900,
  maintenanceUntil: null,
  maintenanceReason: null,
  signatureRequired: false,
  protocolCode: 'mqtt',
  profileCode: null,
  devEui: null,
  metadata: { mast: 'M-4' },
  version: 2,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

export const HEALTH_EXAMPLE: DeviceHealth = {
  deviceId: 'river-gauge-017',
  status: 'late',
  since: '2026-03-01T12:07:30.001Z',
  reasonCode: 'LAST_HEARTBEAT',
  conditions: [],
  lastSeenAt: '2026-03-01T12:00:00.000Z',
  lastDataAt: '2026-03-01T12:00:00.000Z',
  heartbeatIntervalSeconds: 300,
  reason: 'No sign of life for 9 min; one is expected every 5 min.',
  reportedStatus: 'online',
  batteryLevel: 87.5,
  signalStrength: -71,
  firmware: '2.4.1',
  message: null,
};

export const DEVICE_LIST_EXAMPLE: z.infer<typeof deviceListItemSchema>[] = [
  { ...DEVICE_EXAMPLE, health: HEALTH_EXAMPLE },
];

export const DEVICE_DETAIL_EXAMPLE: z.infer<typeof deviceDetailSchema> = {
  ...DEVICE_EXAMPLE,
  health: HEALTH_EXAMPLE,
  authMethods: ['api_key', 'mqtt'],
  sensors: [SENSOR_EXAMPLE],
};

export const REGISTERED_EXAMPLE: z.infer<typeof registeredDeviceSchema> = {
  ...DEVICE_EXAMPLE,
  sensors: [SENSOR_EXAMPLE],
  credentials: {
    apiKey: 'hak_1f6c0b9a2d4e7f8a9b0c.yQ0v1Jk8mT3sX5wZ7cR9dF2hL4nP6qB8tV0xA1eG3iU',
    mqtt: {
      username: 'river-gauge-017~0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
      password: 'mT3sX5wZ7cR9dF2hL4nP6qB8tV0xA1eG3iUyQ0v1Jk8',
    },
  },
};
