import { type ArgumentsHost, Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { REQUEST_ID_HEADER } from '../request-context/request-context.middleware.js';
import { currentRequestId } from '../request-context/request-context.js';
import type { DomainError } from './domain.error.js';
import { problemOf } from './problem.js';

/** Answers a failed HTTP request with an `application/problem+json` body (RFC 9457). */
@Injectable()
export class HttpExceptionFilter {
  private readonly logger = new Logger(HttpExceptionFilter.name);

  catch(error: DomainError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (error.kind === 'internal') this.logger.error({ err: error.cause ?? error }, 'request failed');
    if (error.kind === 'unavailable') this.logger.warn({ err: error }, 'request failed: a service is away');
    if (response.headersSent) {
      // The answer is half sent; only a broken connection can tell the caller that it is not whole.
      response.destroy();
      return;
    }
    if (error.kind === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer');
    if (error.retryAfterSeconds !== undefined) {
      response.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
    }
    const requestId = currentRequestId() ?? String(response.getHeader(REQUEST_ID_HEADER) ?? '');
    const problem = problemOf(error, pathOf(request), requestId);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

/** The query is left out: it may hold a token. */
function pathOf(request: Request): string {
  return request.originalUrl.split('?', 1)[0] ?? '/';
}
