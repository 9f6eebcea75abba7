import { ConflictError, NotFoundError, ValidationError } from '../../common/errors/errors.js';

/** No such share of this sensor, or none that the caller may see. */
export const shareNotFound = (): NotFoundError => new NotFoundError('SHARE_NOT_FOUND', 'There is no such share.');

export const shareEnded = (): ConflictError => new ConflictError('SHARE_ENDED', 'The share has ended already.');

export const unknownRecipient = (): ValidationError =>
  new ValidationError([
    { path: 'recipientCode', code: 'UNKNOWN_MUNICIPALITY', message: 'There is no such municipality.' },
  ]);

export const sharedWithOwner = (): ValidationError =>
  new ValidationError([
    { path: 'recipientCode', code: 'OWN_SENSOR', message: 'The sensor belongs to this municipality.' },
  ]);

export const notInTime = (path: string, message: string): ValidationError =>
  new ValidationError([{ path, code: 'TIME_INVALID', message }]);
