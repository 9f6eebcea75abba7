import { ConflictError, NotFoundError } from '../common/errors/errors.js';

/** No such alert, or one of another tenant. */
export const alertNotFound = (id: string): NotFoundError =>
  new NotFoundError('ALERT_NOT_FOUND', `There is no alert "${id}".`);

/** Somebody was faster. */
export const alertAlreadyAcknowledged = (): ConflictError =>
  new ConflictError('ALERT_ALREADY_ACKNOWLEDGED', 'The alert is acknowledged already.');

/** Only what is open can be acknowledged. */
export const alertNotActive = (): ConflictError =>
  new ConflictError('ALERT_NOT_ACTIVE', 'The alert is resolved; there is nothing to acknowledge.');

/** Somebody was faster, or it cleared by itself. */
export const alertAlreadyResolved = (): ConflictError =>
  new ConflictError('ALERT_ALREADY_RESOLVED', 'The alert is resolved already.');
