import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import type { FieldError } from './domain.error.js';
import { ValidationError } from './errors.js';

/** An input of 10,000 wrong values must not make an answer of 10,000 errors. */
const MAX_REPORTED_ERRORS = 100;

/** The issues of a Standard Schema, as Nest's own pipe hands them over. */
export type SchemaIssues = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0];

/** What zod adds to a Standard Schema issue; `params.code` is how our own refinements name their code. */
interface IssueDetails {
  readonly code?: unknown;
  readonly params?: { readonly code?: unknown };
}

/** Turns the issues of any Standard Schema (zod) into our field errors; at most 100 of them. */
export function fieldErrorsOf(issues: SchemaIssues): FieldError[] {
  return issues.slice(0, MAX_REPORTED_ERRORS).map((issue) => ({
    path: (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.'),
    code: issueCode(issue),
    message: issue.message,
  }));
}

function issueCode(issue: SchemaIssues[number]): string {
  const { code, params } = issue as IssueDetails;
  const named = params?.code ?? code;
  return typeof named === 'string' ? named.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_') : 'INVALID';
}

/** The one pipe of the application: validates against the schema given in `@Body({ schema })` and answers 422. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: (issues) => new ValidationError(fieldErrorsOf(issues)) });
}
