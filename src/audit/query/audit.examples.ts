import type { AuditAnchorResponse, AuditRecordResponse, UserActivityResponse } from './audit.schemas.js';

const USER_ID = '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11';
const MUNICIPALITY_ID = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';
const HASH = '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab';

/** Real answers, for the API documentation. */
export const AUDIT_RECORD_EXAMPLE: AuditRecordResponse = {
  id: '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a56',
  municipalityId: MUNICIPALITY_ID,
  occurredAt: '2026-03-01T12:00:00.000Z',
  actor: { kind: 'user', id: USER_ID, label: 'admin@sollen.example' },
  address: '192.0.2.7',
  userAgent: 'Mozilla/5.0',
  requestId: '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a55',
  operation: 'PATCH /api/v1/devices/:deviceId',
  action: 'device.updated',
  outcome: 'success',
  record: { type: 'device', id: 'gauge-7', label: 'Bridge' },
  changes: { before: { name: 'Brigde' }, after: { name: 'Bridge' } },
  seal: { position: 4711, hash: HASH },
};

export const USER_ACTIVITY_EXAMPLE: UserActivityResponse = {
  userId: USER_ID,
  from: '2026-02-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  total: 1,
  actions: [
    {
      action: 'device.updated',
      outcome: 'success',
      count: 1,
      firstAt: '2026-03-01T12:00:00.000Z',
      lastAt: '2026-03-01T12:00:00.000Z',
    },
  ],
  addresses: [{ address: '192.0.2.7', count: 1, lastAt: '2026-03-01T12:00:00.000Z' }],
  latest: [AUDIT_RECORD_EXAMPLE],
};

export const AUDIT_ANCHOR_EXAMPLE: AuditAnchorResponse = {
  municipalityId: MUNICIPALITY_ID,
  day: '2026-03-01',
  position: 4711,
  hash: HASH,
  signature: 'ak3LxW8hB1v0m8W7gk0dC9Q5Yx4m2qv7nF1t6m8vJ0o3cP4y9dWq2s5u8x1a4d7g0j3m6p9s2v5y8B1E4H7KAQ==',
  keyId: '52fdfc072182654f163f5f0f9a621d729566c74d10037c4d7bbb0407d1e2c649',
  publicKey:
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
};
