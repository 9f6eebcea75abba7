import { Injectable, Logger } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import type { DomainError } from './domain.error.js';

/**
 * Hands a failed message back to the transport strategy as a DomainError, which decides by its kind:
 * `unavailable` and `internal` are worth another try, the rest is the message's own fault.
 */
@Injectable()
export class RpcExceptionFilter {
  private readonly logger = new Logger(RpcExceptionFilter.name);

  catch(error: DomainError): Observable<never> {
    if (error.kind === 'internal') this.logger.error({ err: error.cause ?? error }, 'message failed');
    return throwError(() => error);
  }
}
