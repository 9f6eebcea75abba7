import type { CommandResponse } from './command.schemas.js';

/** Real answers, for the API documentation. */
export const COMMAND_EXAMPLE: CommandResponse = {
  commandId: '0199c5f2-91b4-7e02-a6d1-2c4b8e0f7a13',
  deviceId: 'river-gauge-017',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  batchId: null,
  name: 'open_valve',
  payload: { valve: 3, percent: 50 },
  status: 'queued',
  timeoutSeconds: 120,
  expiresAt: '2026-03-01T12:02:00.000Z',
  attempts: 0,
  maxAttempts: 1,
  sentAt: null,
  respondedAt: null,
  finishedAt: null,
  cancelledAt: null,
  late: false,
  result: null,
  resultOmitted: false,
  error: null,
  requestedBy: '0199c1a5-11d0-7a3e-9a55-6b1f0c2d4e88',
  cancelledBy: null,
  createdAt: '2026-03-01T12:00:00.000Z',
};

export const ANSWERED_EXAMPLE: CommandResponse = {
  ...COMMAND_EXAMPLE,
  status: 'succeeded',
  attempts: 1,
  sentAt: '2026-03-01T12:00:00.020Z',
  respondedAt: '2026-03-01T12:00:03.410Z',
  finishedAt: '2026-03-01T12:00:03.410Z',
  result: { percent: 50 },
};

export const CANCELLED_EXAMPLE: CommandResponse = {
  ...COMMAND_EXAMPLE,
  status: 'cancelled',
  finishedAt: '2026-03-01T12:00:30.000Z',
  cancelledAt: '2026-03-01T12:00:30.000Z',
  cancelledBy: '0199c1a5-11d0-7a3e-9a55-6b1f0c2d4e88',
};
