import { z } from 'zod';
import { ConflictError, ValidationError } from '../errors/errors.js';

/**
 * The versions of a record that a change is meant for: one, any of several (`If-Match` may list them; none of them
 * matches when the list is empty), or whatever version the record has.
 */
export type ExpectedVersion = number | readonly number[] | undefined;

/** Optional field of a body that changes a record: the version it was read in; the other way to say it is `If-Match`. */
export const versionSchema = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .optional()
  .describe('Version of the record that the change is meant for; 409 VERSION_CONFLICT when it has another one by now');

/** Version of a record in an answer. */
export const versionOutSchema = z
  .int()
  .describe('Grows with every change; give it back in `If-Match` or `version` to change this very version');

/**
 * The version that a request asks for by its header and by its body.
 * @throws ValidationError `VERSIONS_DIFFER` when both ask for one, and not for the same
 */
export function expectedVersion(ifMatch: ExpectedVersion, version: number | undefined): ExpectedVersion {
  if (ifMatch === undefined || version === undefined) return ifMatch ?? version;
  if (matches(version, ifMatch)) return version;
  const message = 'is another version than that of the header If-Match';
  throw new ValidationError([{ path: 'version', code: 'VERSIONS_DIFFER', message }]);
}

/**
 * Makes sure that nobody changed a record since the caller read it. The record has to be locked, or written with a
 * check of its version, or it may still change in between.
 * @throws ConflictError `VERSION_CONFLICT`
 */
export function requireVersion(record: { readonly version: number }, expected: ExpectedVersion): void {
  if (!matches(record.version, expected)) throw versionConflict();
}

/** Somebody else changed the record in the meantime: read it again, and decide anew. */
export const versionConflict = (cause?: unknown): ConflictError =>
  new ConflictError('VERSION_CONFLICT', 'Somebody changed it in the meantime. Read it again and repeat the change.', {
    cause,
  });

function matches(version: number, expected: ExpectedVersion): boolean {
  return expected === undefined || [expected].flat().includes(version);
}
