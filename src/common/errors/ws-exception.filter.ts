import { type ArgumentsHost, Injectable, Logger } from '@nestjs/common';
import { currentRequestId } from '../request-context/request-context.js';
import type { DomainError, FieldError } from './domain.error.js';

/** How a failed WebSocket message is answered, through its acknowledgement or the `exception` event. */
export interface WsFailure {
  readonly ok: false;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly requestId?: string;
    readonly errors?: readonly FieldError[];
    readonly retryAfterSeconds?: number;
  };
}

interface EventClient {
  emit(event: string, payload: unknown): unknown;
}

/** Describes an error as the `{ok: false, error}` answer of the WebSocket contract. */
export function wsFailureOf(error: DomainError): WsFailure {
  const { code, message, errors, retryAfterSeconds } = error;
  return { ok: false, error: { code, message, requestId: currentRequestId(), errors, retryAfterSeconds } };
}

/** Answers a failed Socket.IO message: by its acknowledgement where it asked for one, else by an `exception` event. */
@Injectable()
export class WsExceptionFilter {
  private readonly logger = new Logger(WsExceptionFilter.name);

  catch(error: DomainError, host: ArgumentsHost): void {
    if (error.kind === 'internal') this.logger.error({ err: error.cause ?? error }, 'message failed');
    const failure = wsFailureOf(error);
    const acknowledge = host.getArgs<unknown[]>().find((argument) => typeof argument === 'function');
    if (acknowledge !== undefined) {
      (acknowledge as (answer: WsFailure) => void)(failure);
      return;
    }
    host.switchToWs().getClient<EventClient>().emit('exception', failure);
  }
}
