import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../common/errors/errors.js';

export const profileNotFound = (): NotFoundError => new NotFoundError('PROFILE_NOT_FOUND', 'There is no such profile.');

export const profileExists = (code: string, cause?: unknown): ConflictError =>
  new ConflictError('PROFILE_ALREADY_EXISTS', `The profile "${code}" exists already.`, { cause });

/** Its devices would be read in another way, or not at all. */
export const profileInUse = (code: string): ConflictError =>
  new ConflictError('PROFILE_IN_USE', `Devices use the profile "${code}": give them another one first.`);

export const nationalProfile = (): ForbiddenError =>
  new ForbiddenError('NATIONAL_PROFILE', 'Profiles of the whole country are kept by a super admin.');

/** The input names a profile that is neither the municipality's own nor a national one. */
export const unknownProfile = (code: string): ValidationError => {
  const message = `There is no profile "${code}" for devices of this municipality.`;
  return new ValidationError([{ path: 'profileCode', code: 'UNKNOWN_PROFILE', message }]);
};
