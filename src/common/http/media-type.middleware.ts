import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { UnsupportedMediaTypeError } from '../errors/errors.js';

/** Types that are read as JSON: `application/json`, `application/senml+json`, … */
export const JSON_TYPES = ['application/json', 'application/*+json'];
const AS_CSV = 'Send the body as text/csv.';

/** What is read as CSV, on the paths that take it instead of JSON. */
export const CSV_TYPES = ['text/csv'];

/** Makes the check of bodies; the paths that take CSV take nothing else. */
export function mediaTypes(csvPaths: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (!csvPaths.includes(request.path.replace(/\/$/, '').toLowerCase())) {
      mediaTypeMiddleware(request, response, next);
      return;
    }
    next(hasBody(request) && !request.is(CSV_TYPES) ? new UnsupportedMediaTypeError(undefined, AS_CSV) : undefined);
  };
}

/** Refuses bodies that would not be parsed, which a handler would take for an empty one. */
export function mediaTypeMiddleware(request: Request, _response: Response, next: NextFunction): void {
  next(hasBody(request) && !request.is(JSON_TYPES) ? new UnsupportedMediaTypeError() : undefined);
}

function hasBody({ headers }: Request): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
