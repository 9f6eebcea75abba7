import type { FieldError } from '../common/errors/domain.error.js';
import { ConflictError, NotFoundError, ValidationError } from '../common/errors/errors.js';

/** No such device, or one of another tenant. */
export const deviceNotFound = (deviceId: string): NotFoundError =>
  new NotFoundError('DEVICE_NOT_FOUND', `There is no device "${deviceId}".`);

/** The id is taken; ids are unique in the whole country, so it may be another tenant's. */
export const deviceExists = (deviceId: string, cause: unknown): ConflictError =>
  new ConflictError('DEVICE_ALREADY_EXISTS', `The device id "${deviceId}" is taken.`, { cause });

/** The platform itself connects to the broker under ids of this form, and one id has one session. */
export const reservedDeviceId = (path: string): FieldError => {
  const message = 'Device ids of this form are kept for the platform itself.';
  return { path, code: 'RESERVED_DEVICE_ID', message };
};

/** Readings and alerts keep pointing to their device. */
export const deviceHasHistory = (deviceId: string): ConflictError =>
  new ConflictError('DEVICE_HAS_HISTORY', `"${deviceId}" has readings or alerts: deactivate it instead.`);

/** No such municipality, or one that the caller does not belong to. */
export const municipalityNotFound = (): NotFoundError =>
  new NotFoundError('MUNICIPALITY_NOT_FOUND', 'There is no such municipality.');

/** Somebody of the whole country has to say where the device belongs. */
export const municipalityRequired = (): ValidationError => {
  const message = 'Name the municipality that the device belongs to.';
  return new ValidationError([{ path: 'municipalityId', code: 'MUNICIPALITY_REQUIRED', message }]);
};
