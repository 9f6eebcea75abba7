import type { AlertResponse } from './alert.mapper.js';
import type { AlertDetailResponse } from './alert.schemas.js';

/** Real answers, for the API documentation. */
export const ALERT_EXAMPLE: AlertResponse = {
  id: '0199c1a9-4b7e-7d20-8c15-6e2f9a0b3d84',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  kind: 'rule',
  ruleId: '0199c1a6-7d2e-7b18-9a3c-2f6e8d0b4c71',
  deviceId: 'river-gauge-017',
  sensorId: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12',
  title: 'River high',
  metric: 'water_level_cm',
  severity: 'HIGH',
  status: 'ACTIVE',
  occurrences: 14,
  openedAt: '2026-03-01T06:15:00.000Z',
  openingValue: 351.2,
  lastOccurredAt: '2026-03-01T07:20:00.000Z',
  lastValue: 368.4,
  acknowledgedAt: null,
  acknowledgedBy: null,
  resolvedAt: null,
  resolvedBy: null,
};

export const DEVICE_ALERT_EXAMPLE: AlertResponse = {
  ...ALERT_EXAMPLE,
  id: '0199c1ab-0c52-7e6d-9b41-3d7a5f208c16',
  kind: 'device_offline',
  ruleId: null,
  sensorId: null,
  title: 'Nothing is heard from the device',
  metric: null,
  severity: 'MEDIUM',
  occurrences: 1,
  openingValue: null,
  lastOccurredAt: '2026-03-01T06:15:00.000Z',
  lastValue: null,
};

const OPERATOR = '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11';

export const ACKNOWLEDGED_EXAMPLE: AlertDetailResponse = {
  ...ALERT_EXAMPLE,
  status: 'ACKNOWLEDGED',
  acknowledgedAt: '2026-03-01T07:22:10.118Z',
  acknowledgedBy: OPERATOR,
  notes: [
    {
      id: '0199c1a9-9c01-7f3e-a2b6-0d4c8e7f1a93',
      change: 'acknowledged',
      userId: OPERATOR,
      comment: 'Crew is on its way to the weir.',
      createdAt: '2026-03-01T07:22:10.118Z',
    },
  ],
};

export const RESOLVED_EXAMPLE: AlertDetailResponse = {
  ...ACKNOWLEDGED_EXAMPLE,
  status: 'RESOLVED',
  resolvedAt: '2026-03-01T09:05:41.730Z',
  resolvedBy: OPERATOR,
};
