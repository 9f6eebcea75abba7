import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { ErrorTranslation } from '../errors/error-translation.js';
import { NotFoundError } from '../errors/errors.js';
import type { HttpExceptionFilter } from '../errors/http-exception.filter.js';

/** Refuses whatever gets here: for paths that nobody serves. */
export const refuse: RequestHandler = (_request, _response, next) => {
  next(new NotFoundError('NOT_FOUND', 'There is nothing at this address.'));
};

/** Answers errors of requests outside of the API's prefix, for which Nest has no filter; Express would answer in HTML. */
export function answerErrors(translation: ErrorTranslation, filter: HttpExceptionFilter): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    filter.answer(translation.translate(error), request, response);
  };
}
