import type { NextFunction, Request, Response } from 'express';
import { UnsupportedMediaTypeError } from '../errors/errors.js';

/** Types that are read as JSON: `application/json`, `application/senml+json`, … */
export const JSON_TYPES = ['application/json', 'application/*+json'];

/** Refuses bodies that would not be parsed, which a handler would take for an empty one. */
export function mediaTypeMiddleware(request: Request, _response: Response, next: NextFunction): void {
  const length = request.headers['content-length'];
  const hasBody = request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
  if (hasBody && !request.is(JSON_TYPES)) {
    next(new UnsupportedMediaTypeError());
    return;
  }
  next();
}
