import { ConflictError, NotFoundError, UnauthenticatedError } from '../../common/errors/errors.js';

/** One answer for an unknown device, a wrong secret, an expired one, and a device that is not active. */
export const deviceNotAuthenticated = (): UnauthenticatedError =>
  new UnauthenticatedError('INVALID_CREDENTIALS', 'The device or its credentials are not valid.');

/** No such credential of this device. */
export const credentialNotFound = (): NotFoundError =>
  new NotFoundError('CREDENTIAL_NOT_FOUND', 'The device has no such credential.');

/** Every live key is tried, so there is an end to their number. @param limit live ones of a kind at most */
export const tooManyCredentials = (limit: number): ConflictError =>
  new ConflictError('TOO_MANY_CREDENTIALS', `The device has ${limit} live ones of this kind: revoke one first.`);
