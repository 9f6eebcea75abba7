import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { Page } from '../pagination/page.js';
import { currentRequestId } from '../request-context/request-context.js';
import { RAW_RESPONSE } from './raw-response.decorator.js';

/** A successful HTTP answer. */
export interface Envelope {
  readonly data: unknown;
  readonly meta: {
    readonly requestId?: string;
    readonly page?: { readonly limit: number; readonly nextCursor: string | null };
  };
}

/** Wraps what HTTP controllers return into `{data, meta}`; leaves files, empty answers and `@RawResponse()` alone. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http' || this.isRaw(context)) return next.handle();
    return next.handle().pipe(map((result: unknown) => envelopeOf(result)));
  }

  private isRaw(context: ExecutionContext): boolean {
    return (
      this.reflector.getAllAndOverride<boolean | undefined>(RAW_RESPONSE, [context.getHandler(), context.getClass()]) ??
      false
    );
  }
}

function envelopeOf(result: unknown): unknown {
  if (result === undefined || result instanceof StreamableFile) return result;
  const requestId = currentRequestId();
  if (!(result instanceof Page)) return { data: result, meta: { requestId } } satisfies Envelope;
  const { items, limit, nextCursor } = result;
  return { data: items, meta: { requestId, page: { limit, nextCursor } } } satisfies Envelope;
}
