import { NotFoundError, UnavailableError, ValidationError } from '../../common/errors/errors.js';

/** No such certificate, or one of another tenant. */
export const certificateNotFound = (): NotFoundError =>
  new NotFoundError('CERTIFICATE_NOT_FOUND', 'There is no certificate with this fingerprint.');

/** What is wrong with a signing request. */
export const requestNotAccepted = (
  code: 'CSR_MALFORMED' | 'CSR_KEY_NOT_ACCEPTED' | 'CSR_SIGNATURE_INVALID',
  message: string,
): ValidationError => new ValidationError([{ path: 'csrPem', code, message }]);

/** The key of the authority is under another `ENCRYPTION_KEY`, or its certificate has ended. */
export const authorityUnavailable = (): UnavailableError =>
  new UnavailableError(
    'DEVICE_CA_UNAVAILABLE',
    'The authority for device certificates cannot sign. The log of the server says why.',
    60,
  );

/** No authority of this number, or none that is trusted any more. */
export const authorityNotFound = (): NotFoundError =>
  new NotFoundError('DEVICE_CA_NOT_FOUND', 'There is no such authority for device certificates.');
