import type { RuleResponse } from './rule.schemas.js';

const KEPT = {
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  onDelaySeconds: 0,
  offDelaySeconds: 0,
  enabled: true,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

/** Real answers, for the API documentation. */
export const THRESHOLD_RULE_EXAMPLE: RuleResponse = {
  ...KEPT,
  id: '0199c1a6-7d2e-7b18-9a3c-2f6e8d0b4c71',
  name: 'River high',
  kind: 'threshold',
  scope: { sensorTypeCode: 'water_level_cm' },
  operator: '>',
  value: 350,
  severity: 'HIGH',
  deadband: 5,
};

export const RANGE_RULE_EXAMPLE: RuleResponse = {
  ...KEPT,
  id: '0199c1a6-8e11-7f42-b0d7-91c3a5e7f203',
  name: 'Pressure out of range',
  kind: 'range',
  scope: { sensorId: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12' },
  min: 2.5,
  max: 6,
  severity: 'MEDIUM',
  onDelaySeconds: 120,
  offDelaySeconds: 300,
  deadband: 0.1,
};
