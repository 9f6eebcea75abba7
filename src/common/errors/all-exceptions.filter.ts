import { type ArgumentsHost, Catch, type ContextType, type ExceptionFilter } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { ErrorTranslation } from './error-translation.js';
import { HttpExceptionFilter } from './http-exception.filter.js';
import { RpcExceptionFilter } from './rpc-exception.filter.js';
import { WsExceptionFilter } from './ws-exception.filter.js';

/**
 * The one global filter: translates what was thrown, then answers in the way of the transport.
 * Nest takes only one catch-all filter, so the three transports hang below this one.
 */
@Catch()
export class AllExceptionsFilter implements ExceptionFilter {
  constructor(
    private readonly translation: ErrorTranslation,
    private readonly http: HttpExceptionFilter,
    private readonly rpc: RpcExceptionFilter,
    private readonly ws: WsExceptionFilter,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): Observable<never> | void {
    const error = this.translation.translate(exception);
    switch (host.getType<ContextType>()) {
      case 'rpc':
        return this.rpc.catch(error);
      case 'ws':
        return this.ws.catch(error, host);
      default:
        return this.http.catch(error, host);
    }
  }
}
