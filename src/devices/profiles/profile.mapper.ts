import type { DeviceProfile } from './device-profile.entity.js';
import type { ProfileResponse } from './profile.schemas.js';

/** A profile as callers see it. */
export function toProfileResponse(profile: DeviceProfile): ProfileResponse {
  const { id, code, name, description, format, definition, version, createdAt, updatedAt } = profile;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  const municipalityId = profile.municipalityId ?? null;
  return { id, municipalityId, code, name, description, format, definition: { ...definition }, version, ...times };
}
