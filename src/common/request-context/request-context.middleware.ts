import type { NextFunction, Request, Response } from 'express';
import { newId } from '../ids.js';
import { runWithRequestContext } from './request-context.js';

export const REQUEST_ID_HEADER = 'X-Request-Id';

/** Letters that are harmless in logs, headers and file names; the length keeps log lines small. */
const VALID_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const MAX_USER_AGENT_LENGTH = 256;

/**
 * Gives every HTTP request its id and context; runs first of all, so that errors and unknown routes have one too.
 * A valid incoming `X-Request-Id` is kept, anything else is replaced.
 */
export function requestContextMiddleware(request: Request, response: Response, next: NextFunction): void {
  const incoming = request.header(REQUEST_ID_HEADER);
  const requestId = incoming !== undefined && VALID_REQUEST_ID.test(incoming) ? incoming : newId();
  response.setHeader(REQUEST_ID_HEADER, requestId);
  const userAgent = request.header('User-Agent')?.slice(0, MAX_USER_AGENT_LENGTH) ?? null;
  runWithRequestContext({ requestId, origin: { address: request.ip ?? null, userAgent } }, next);
}
