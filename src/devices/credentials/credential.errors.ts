import { UnauthenticatedError, ValidationError } from '../../common/errors/errors.js';
import type { AuthMethod } from './credential.schemas.js';

/** One answer for an unknown device, a wrong secret, an expired one, and a device that is not active. */
export const deviceNotAuthenticated = (): UnauthenticatedError =>
  new UnauthenticatedError('INVALID_CREDENTIALS', 'The device or its credentials are not valid.');

/** @param path where in the input the certificate is asked for */
export const certificatesNotAvailable = (path: string): ValidationError => {
  const code = 'AUTH_METHOD_NOT_AVAILABLE';
  const message = 'Certificates are not available in this version; use api_key, mqtt or hmac.';
  return new ValidationError([{ path, code, message }], code, message);
};

/**
 * Refuses what this installation cannot issue yet, before anything is stored.
 * @throws ValidationError `AUTH_METHOD_NOT_AVAILABLE`
 */
export function refuseUnavailableMethods(methods: readonly AuthMethod[]): void {
  const index = methods.indexOf('certificate');
  if (index !== -1) throw certificatesNotAvailable(`authMethods.${index}`);
}
