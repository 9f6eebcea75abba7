import { NotFoundError } from '../../common/errors/errors.js';

/** No such row, or one in the chain of another municipality. */
export const auditRecordNotFound = (): NotFoundError =>
  new NotFoundError('AUDIT_RECORD_NOT_FOUND', 'There is no such record in the audit log.');
