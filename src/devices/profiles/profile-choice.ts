import type { EntityManager } from '@mikro-orm/core';
import { DeviceProfile } from './device-profile.entity.js';
import { unknownProfile } from './profile.errors.js';

/** What a device keeps of its profile. */
export interface ChosenProfile {
  readonly profileId?: string | null;
  readonly profileCode?: string | null;
}

/**
 * The profile that a device of a municipality gets by its code: the municipality's own one before a national one.
 * Nothing changes for undefined; null is none.
 * @throws ValidationError `UNKNOWN_PROFILE`
 */
export async function chooseProfile(
  em: EntityManager,
  code: string | null | undefined,
  municipalityId: string,
): Promise<ChosenProfile> {
  if (code === undefined) return {};
  if (code === null) return { profileId: null, profileCode: null };
  const found = await em.find(DeviceProfile, { code, $or: [{ municipalityId }, { municipalityId: null }] });
  const profile = found.find((one) => one.municipalityId === municipalityId) ?? found[0];
  if (profile === undefined) throw unknownProfile(code);
  return { profileId: profile.id, profileCode: code };
}
