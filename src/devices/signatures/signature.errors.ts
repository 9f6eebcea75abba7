import { UnauthenticatedError } from '../../common/errors/errors.js';

/** The device has to sign, and the request is not signed. */
export const signatureMissing = (): UnauthenticatedError =>
  new UnauthenticatedError('SIGNATURE_MISSING', 'The device has to sign its requests, and this one is not signed.');

/** The signature is wrong, or not of this time. @param reason what is wrong, without a capital letter and full stop */
export const signatureRefused = (
  code: 'SIGNATURE_INVALID' | 'SIGNATURE_EXPIRED',
  reason: string,
): UnauthenticatedError => new UnauthenticatedError(code, `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);

/** The nonce was seen before. */
export const signatureReplayed = (): UnauthenticatedError =>
  new UnauthenticatedError('SIGNATURE_REPLAYED', 'The nonce was used before; every request needs a new one.');
