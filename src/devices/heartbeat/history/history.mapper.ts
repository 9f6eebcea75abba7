import { percentOf, type Availability } from './availability.js';
import type { AvailabilityReport, DeviceAvailability } from './availability.service.js';
import type { DeviceStatusChange } from './device-status-change.entity.js';
import type {
  AvailabilityFigures,
  AvailabilityReportResponse,
  DeviceAvailabilityResponse,
  StatusChangeResponse,
} from './history.schemas.js';

/** A change of state as callers see it. */
export function toStatusChange(change: DeviceStatusChange): StatusChangeResponse {
  return {
    id: change.id,
    deviceId: change.deviceId,
    from: change.fromState,
    to: change.toState,
    reasonCode: change.reason,
    at: change.changedAt.toISOString(),
  };
}

/** Availability as a whole and by day. */
export function toAvailabilityReport({ range, total, days }: AvailabilityReport): AvailabilityReportResponse {
  return {
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    ...figuresOf(total),
    days: days.map(({ start, ...day }) => ({ start: new Date(start).toISOString(), ...figuresOf(day) })),
  };
}

/** Availability of one device of many. */
export function toDeviceAvailability({ device, total }: DeviceAvailability): DeviceAvailabilityResponse {
  return { deviceId: device.id, name: device.name, ...figuresOf(total) };
}

function figuresOf(availability: Availability): AvailabilityFigures {
  return {
    percent: percentOf(availability),
    upSeconds: availability.up / 1000,
    downSeconds: availability.down / 1000,
    unknownSeconds: availability.unknown / 1000,
    apartSeconds: availability.apart / 1000,
  };
}
