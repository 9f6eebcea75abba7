import type { Device } from './device.entity.js';
import type { DeviceResponse } from './device.schemas.js';

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
    signatureRequired: device.signatureRequired,
    metadata: device.metadata ?? null,
    createdAt: device.createdAt.toISOString(),
    updatedAt: device.updatedAt.toISOString(),
  };
}
