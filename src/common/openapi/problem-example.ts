import { ConflictError } from '../errors/errors.js';
import { problemOf, type Problem } from '../errors/problem.js';

const REQUEST_ID = '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a55';

/** A problem as an answer shows it, for the API documentation. */
export function problemExample(status: number, code: string, detail: string): Problem {
  // The kind decides about the status only, which is given here.
  const problem = problemOf(new ConflictError(code, detail), '/api/v1/…', REQUEST_ID);
  const errors = [{ path: 'name', code: 'TOO_SMALL', message: 'Too small: expected string to have >=1 characters' }];
  return { ...problem, status, ...(status === 422 ? { errors } : {}) };
}
