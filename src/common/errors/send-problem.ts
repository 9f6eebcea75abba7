import type { Request, Response } from 'express';
import { REQUEST_ID_HEADER } from '../request-context/request-context.middleware.js';
import type { DomainError } from './domain.error.js';
import { problemOf } from './problem.js';

/** Answers with an `application/problem+json` body (RFC 9457) and the headers that belong to the error. */
export function sendProblem(error: DomainError, request: Request, response: Response): void {
  if (response.headersSent) {
    // The answer is half sent; only a broken connection can tell the caller that it is not whole.
    response.destroy();
    return;
  }
  if (error.kind === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer');
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  // The rest of the body is not read, so the connection cannot carry another request.
  if (error.kind === 'too_large') response.setHeader('Connection', 'close');
  const requestId = String(response.getHeader(REQUEST_ID_HEADER) ?? '');
  const problem = problemOf(error, pathOf(request), requestId);
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The query is left out: it may hold a token. */
function pathOf(request: Request): string {
  return request.originalUrl.split('?', 1)[0] ?? '/';
}
