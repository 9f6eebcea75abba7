import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { ErrorTranslation } from '../common/errors/error-translation.js';
import { WsExceptionFilter } from '../common/errors/ws-exception.filter.js';

/** Answers what went wrong in a message handler of the gateway: global filters do not reach gateways. */
@Catch()
export class LiveExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly translation: ErrorTranslation,
    private readonly filter: WsExceptionFilter,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    this.filter.catch(this.translation.translate(exception), host);
  }
}
