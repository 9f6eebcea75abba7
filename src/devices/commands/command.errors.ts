import { BadRequestError, ConflictError, NotFoundError } from '../../common/errors/errors.js';

/** No such command, or one to a device that the caller does not see. */
export const commandNotFound = (commandId: string): NotFoundError =>
  new NotFoundError('COMMAND_NOT_FOUND', `There is no command "${commandId}".`);

/** A deactivated device takes nothing. */
export const deviceInactive = (deviceId: string): ConflictError =>
  new ConflictError('DEVICE_INACTIVE', `"${deviceId}" is deactivated: reactivate it first.`);

/** Nothing is sent in the name of a suspended municipality. */
export const municipalitySuspended = (): ConflictError =>
  new ConflictError('MUNICIPALITY_SUSPENDED', 'The municipality is suspended.');

/** What is over cannot be cancelled. */
export const commandFinished = (status: string): ConflictError =>
  new ConflictError('COMMAND_FINISHED', `The command is over already: ${status}.`);

/** The same key with another command is a mistake of the caller. */
export const idempotencyKeyReused = (): ConflictError =>
  new ConflictError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another command.');

/** A key that no client would make. */
export const idempotencyKeyInvalid = (): BadRequestError =>
  new BadRequestError('IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key takes 1–128 printable characters without spaces.');
