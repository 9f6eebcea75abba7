import type { AddedCredentialResponse, CredentialResponse } from './credential.schemas.js';

/** Real answers, for the API documentation. */
export const CREDENTIAL_EXAMPLE: CredentialResponse = {
  id: '0199c1a4-5b7e-7d20-9c41-2f8e6a3d1b57',
  kind: 'hmac',
  lookup: 'hmk_7d2e9c4b1a6f8e3d5c0b',
  status: 'live',
  createdAt: '2026-03-01T12:00:00.000Z',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: '2026-03-01T12:14:00.000Z',
};

export const ADDED_CREDENTIAL_EXAMPLE: AddedCredentialResponse = {
  deviceId: 'river-gauge-017',
  credential: { ...CREDENTIAL_EXAMPLE, lastUsedAt: null },
  credentials: { hmac: { keyId: 'hmk_7d2e9c4b1a6f8e3d5c0b', secret: 'mT3sX5wZ7cR9dF2hL4nP6qB8tV0xA1eG3iUyQ0v1Jk8' } },
  previousValidUntil: '2026-03-02T12:00:00.000Z',
};
