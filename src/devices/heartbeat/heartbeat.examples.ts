import type { z } from 'zod';
import type {
  availabilityReportSchema,
  DeviceAvailabilityResponse,
  StatusChangeResponse,
} from './history/history.schemas.js';
import type { HealthCountsResponse } from './health-summary.schemas.js';

const FIGURES = { percent: 98.75, upSeconds: 85_320, downSeconds: 1_080, unknownSeconds: 0, apartSeconds: 0 };

/** Real answers, for the API documentation. */
export const STATUS_CHANGE_EXAMPLE: StatusChangeResponse = {
  id: '0199c1ad-7f20-7a11-9c3e-54d8b1f06e27',
  deviceId: 'river-gauge-017',
  from: 'late',
  to: 'offline',
  reasonCode: 'LAST_HEARTBEAT',
  at: '2026-03-01T12:15:00.001Z',
};

export const AVAILABILITY_EXAMPLE: z.infer<typeof availabilityReportSchema> = {
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  ...FIGURES,
  days: [{ start: '2026-03-01T00:00:00.000Z', ...FIGURES }],
};

export const DEVICE_AVAILABILITY_EXAMPLE: DeviceAvailabilityResponse = {
  deviceId: 'river-gauge-017',
  name: 'Gauge at the old mill',
  ...FIGURES,
};

export const HEALTH_COUNTS_EXAMPLE: HealthCountsResponse = {
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  online: 487,
  late: 4,
  offline: 6,
  never_seen: 2,
  maintenance: 1,
  deactivated: 0,
};
