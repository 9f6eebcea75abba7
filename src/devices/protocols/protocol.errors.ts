import { ConflictError, NotFoundError, ValidationError } from '../../common/errors/errors.js';

export const protocolNotFound = (key: string): NotFoundError =>
  new NotFoundError('PROTOCOL_NOT_FOUND', `There is no protocol "${key}".`);

export const protocolExists = (code: string, cause: unknown): ConflictError =>
  new ConflictError('PROTOCOL_ALREADY_EXISTS', `The protocol "${code}" exists already.`, { cause });

/** Devices keep naming their protocol, whosever they are. */
export const protocolInUse = (code: string): ConflictError =>
  new ConflictError('PROTOCOL_IN_USE', `Devices use the protocol "${code}": disable it instead.`);

/** The input names a protocol that is not in the catalogue, or is not given to devices any more. */
export const unknownProtocol = (code: string): ValidationError => {
  const message = `There is no protocol "${code}" that devices are given.`;
  return new ValidationError([{ path: 'protocolCode', code: 'UNKNOWN_PROTOCOL', message }]);
};
