import { type ArgumentsHost, Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { DomainError } from './domain.error.js';
import { sendProblem } from './send-problem.js';

/** Answers a failed HTTP request with a problem, and logs what is our fault. */
@Injectable()
export class HttpExceptionFilter {
  private readonly logger = new Logger(HttpExceptionFilter.name);

  catch(error: DomainError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** For errors outside of Nest's routes, which reach no filter. */
  answer(error: DomainError, request: Request, response: Response): void {
    if (error.kind === 'internal') this.logger.error({ err: error.cause ?? error }, 'request failed');
    if (error.kind === 'unavailable') this.logger.warn({ err: error }, 'request failed: a service is away');
    sendProblem(error, request, response);
    // The line of the request itself is written by pino-http, which has not seen a request that was refused before it.
    if (!('log' in request)) {
      const { method, path } = request;
      this.logger.log({ method, path, status: response.statusCode, code: error.code }, 'request refused');
    }
  }
}
