import { ConflictError, NotFoundError, ValidationError } from '../common/errors/errors.js';

/** No such municipality, or none of the caller's. */
export const municipalityNotFound = (): NotFoundError =>
  new NotFoundError('MUNICIPALITY_NOT_FOUND', 'There is no such municipality.');

export const municipalityCodeTaken = (cause: unknown): ConflictError =>
  new ConflictError('MUNICIPALITY_CODE_TAKEN', 'There is a municipality with this code.', { cause });

/** What it did has to stay readable. */
export const municipalityNotEmpty = (cause: unknown): ConflictError =>
  new ConflictError(
    'MUNICIPALITY_NOT_EMPTY',
    'The municipality has people, devices, rules or municipalities of its own. Suspend it instead.',
    { cause },
  );

export const noSuchRegion = (): ValidationError =>
  new ValidationError([{ path: 'parentId', code: 'UNKNOWN_REGION', message: 'There is no such region.' }]);

export const regionInRegion = (): ValidationError =>
  new ValidationError([{ path: 'parentId', code: 'REGION_IN_REGION', message: 'A region lies in no other region.' }]);
