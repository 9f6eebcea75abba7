import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import type { FieldError } from './domain.error.js';
import { ValidationError } from './errors.js';

/** An input of 10,000 wrong values must not make an answer of 10,000 errors. */
export const MAX_REPORTED_ERRORS = 100;
/** A name that nobody knows is repeated to the caller, but not at any length. */
const MAX_NAME_LENGTH = 100;

/** The issues of a Standard Schema, as Nest's own pipe hands them over. */
export type SchemaIssues = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0];
type SchemaIssue = SchemaIssues[number];

/**
 * What zod adds to a Standard Schema issue; `params.code` is how our own refinements name their code, `keys` are the
 * unknown fields of an object, `errors` the issues of each branch of a union.
 */
interface IssueDetails {
  readonly code?: unknown;
  readonly params?: { readonly code?: unknown };
  readonly keys?: readonly string[];
  readonly errors?: readonly SchemaIssues[];
}

/** Turns the issues of any Standard Schema (zod) into our field errors; at most 100 of them. */
export function fieldErrorsOf(issues: SchemaIssues): FieldError[] {
  return fieldErrorsBelow(issues, []).slice(0, MAX_REPORTED_ERRORS);
}

/** The error for a field, by its path, that nobody knows. */
export function unrecognizedField(path: string): FieldError {
  return {
    path: path.slice(0, MAX_NAME_LENGTH),
    code: 'UNRECOGNIZED_FIELD',
    message: 'is not a field that is known here',
  };
}

function fieldErrorsBelow(issues: SchemaIssues, parent: readonly string[]): FieldError[] {
  return issues.slice(0, MAX_REPORTED_ERRORS).flatMap((issue) => {
    const path = [...parent, ...pathOf(issue)];
    const { code, keys, errors } = issue as IssueDetails;
    if (code === 'unrecognized_keys' && keys !== undefined) {
      return keys.slice(0, MAX_REPORTED_ERRORS).map((key) => unrecognizedField([...path, key].join('.')));
    }
    const fitting = errors?.find(isOnlyUnrecognized);
    if (fitting !== undefined) return fieldErrorsBelow(fitting, path);
    return [{ path: path.join('.'), code: issueCode(issue), message: issue.message }];
  });
}

/** A branch of a union that would fit but for fields that it does not know is the one that was meant. */
function isOnlyUnrecognized(branch: SchemaIssues): boolean {
  return branch.length > 0 && branch.every((issue) => (issue as IssueDetails).code === 'unrecognized_keys');
}

function pathOf(issue: SchemaIssue): string[] {
  return (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
}

function issueCode(issue: SchemaIssue): string {
  const { code, params } = issue as IssueDetails;
  const named = params?.code ?? code;
  return typeof named === 'string' ? named.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_') : 'INVALID';
}

/** The one pipe of the application: validates against the schema given in `@Body({ schema })` and answers 422. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: (issues) => new ValidationError(fieldErrorsOf(issues)) });
}
