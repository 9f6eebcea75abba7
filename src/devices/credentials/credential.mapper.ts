import type { AddedCredential } from './credential-rotation.service.js';
import type { AddedCredentialResponse, CredentialResponse } from './credential.schemas.js';
import type { DeviceCredential } from './device-credential.entity.js';

/** A credential at an instant (epoch ms), without its secret. */
export function toCredentialResponse(credential: DeviceCredential, nowMs: number): CredentialResponse {
  const { id, kind, lookup, createdAt, expiresAt, revokedAt, lastUsedAt } = credential;
  const isOver = Boolean(revokedAt) || (expiresAt ? expiresAt.getTime() <= nowMs : false);
  return {
    id,
    kind,
    lookup,
    status: isOver ? 'ended' : expiresAt ? 'ending' : 'live',
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}

/** A new credential with its secret, which is shown this once. */
export function toAddedResponse(deviceId: string, added: AddedCredential, nowMs: number): AddedCredentialResponse {
  return {
    deviceId,
    credential: toCredentialResponse(added.credential, nowMs),
    credentials: added.credentials,
    previousValidUntil: added.previousValidUntil?.toISOString() ?? null,
  };
}
