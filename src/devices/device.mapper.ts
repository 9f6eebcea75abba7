import type { z } from 'zod';
import type { AuthMethod, IssuedCredentials } from './credentials/credential.schemas.js';
import type { DevicePresence } from './device-presence.entity.js';
import type { Device } from './device.entity.js';
import type {
  deviceDetailSchema,
  deviceListItemSchema,
  DeviceResponse,
  registeredDeviceSchema,
} from './device.schemas.js';
import { healthOf } from './heartbeat/device-health.js';
import type { Life } from './heartbeat/life-case.js';
import { toSensorResponse, type TypedSensor } from './sensors/sensor.mapper.js';

/** A device, its latest signs of life (null when it was never heard), and what it is by them. */
export interface DeviceWithPresence {
  readonly device: Device;
  readonly presence: DevicePresence | null;
  readonly life: Life;
}

/** All that there is to know about one device. */
export interface DeviceDetail extends DeviceWithPresence {
  readonly sensors: TypedSensor[];
  /** Kinds of its live credentials. */
  readonly authMethods: AuthMethod[];
}

/** A new device; `credentials` are nowhere to be read again. */
export interface Registration {
  readonly device: Device;
  readonly sensors: TypedSensor[];
  readonly credentials: IssuedCredentials;
}

export type DeviceListItem = z.infer<typeof deviceListItemSchema>;
export type DeviceDetailResponse = z.infer<typeof deviceDetailSchema>;
export type RegisteredDeviceResponse = z.infer<typeof registeredDeviceSchema>;

/** A device as callers see it; its credentials are not part of it. */
export function toDeviceResponse(device: Device): DeviceResponse {
  return {
    deviceId: device.id,
    municipalityId: device.municipalityId,
    name: device.name,
    status: device.status,
    latitude: device.latitude ?? null,
    longitude: device.longitude ?? null,
    heartbeatIntervalSeconds: device.heartbeatIntervalSeconds,
    reportingIntervalSeconds: device.reportingIntervalSeconds ?? null,
    maintenanceUntil: device.maintenanceUntil?.toISOString() ?? null,
    maintenanceReason: device.maintenanceReason ?? null,
    signatureRequired: device.signatureRequired,
    protocolCode: device.protocolCode ?? null,
    profileCode: device.profileCode ?? null,
    devEui: device.devEui ?? null,
    metadata: device.metadata ?? null,
    version: device.version,
    createdAt: device.createdAt.toISOString(),
    updatedAt: device.updatedAt.toISOString(),
  };
}

/** A device with its health at an instant (epoch ms). */
export function toDeviceListItem({ device, presence, life }: DeviceWithPresence, nowMs: number): DeviceListItem {
  return { ...toDeviceResponse(device), health: healthOf(device, presence, life, nowMs) };
}

/** All that callers may see of one device. */
export function toDeviceDetail(detail: DeviceDetail, nowMs: number): DeviceDetailResponse {
  return {
    ...toDeviceListItem(detail, nowMs),
    authMethods: detail.authMethods,
    sensors: detail.sensors.map(toSensorResponse),
  };
}

/** A new device, with the secrets that are shown this once. */
export function toRegisteredDevice({ device, sensors, credentials }: Registration): RegisteredDeviceResponse {
  return { ...toDeviceResponse(device), sensors: sensors.map(toSensorResponse), credentials };
}
