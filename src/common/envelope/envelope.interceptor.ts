import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { Page } from '../pagination/page.js';
import { currentRequestId } from '../request-context/request-context.js';
import { entityTagOf } from '../versioning/if-match.js';
import { RAW_RESPONSE } from './raw-response.decorator.js';

/** A successful HTTP answer. */
export interface Envelope {
  readonly data: unknown;
  readonly meta: {
    readonly requestId?: string;
    readonly page?: { readonly limit: number; readonly nextCursor: string | null };
  };
}

/**
 * Wraps what HTTP controllers return into `{data, meta}`; leaves files, empty answers and `@RawResponse()` alone. A single
 * record with a `version` gets it as its `ETag`, to be given back in `If-Match`.
 */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http' || this.isRaw(context)) return next.handle();
    return next.handle().pipe(
      map((result: unknown) => {
        tag(context, result);
        return envelopeOf(result);
      }),
    );
  }

  private isRaw(context: ExecutionContext): boolean {
    return (
      this.reflector.getAllAndOverride<boolean | undefined>(RAW_RESPONSE, [context.getHandler(), context.getClass()]) ??
      false
    );
  }
}

function tag(context: ExecutionContext, result: unknown): void {
  if (result === null || typeof result !== 'object' || !('version' in result)) return;
  const { version } = result;
  if (typeof version !== 'number' || !Number.isInteger(version)) return;
  const http = context.switchToHttp();
  // The version is that of the record; what else stands in an answer (health, request id) changes without it, so an
  // `If-None-Match` must not make Express answer 304.
  delete http.getRequest<Request>().headers['if-none-match'];
  http.getResponse<Response>().setHeader('ETag', entityTagOf(version));
}

function envelopeOf(result: unknown): unknown {
  if (result === undefined || result instanceof StreamableFile) return result;
  const requestId = currentRequestId();
  if (!(result instanceof Page)) return { data: result, meta: { requestId } } satisfies Envelope;
  const { items, limit, nextCursor } = result;
  return { data: items, meta: { requestId, page: { limit, nextCursor } } } satisfies Envelope;
}
