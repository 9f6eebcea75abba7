import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request } from 'express';
import type { Observable } from 'rxjs';
import type { FieldError } from '../errors/domain.error.js';
import { ValidationError } from '../errors/errors.js';
import { MAX_REPORTED_ERRORS, unrecognizedField } from '../errors/standard-schema.errors.js';
import { type RequestShape, requestShapeOf } from './request-shape.js';

/** Deeper than any body of ours; far below what recursive code can walk through. */
const MAX_DEPTH = 32;

/**
 * Refuses what a route does not read, before its schemas look at the rest: query parameters of routes that have none, and
 * bodies of routes that take none. What a route does read is checked by its own schemas, which refuse unknown fields.
 */
@Injectable()
export class StrictRequestInterceptor implements NestInterceptor {
  private readonly shapes = new WeakMap<object, RequestShape>();

  /** @throws ValidationError with each field by its name */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http') this.check(this.shapeOf(context), context.switchToHttp().getRequest<Request>());
    return next.handle();
  }

  private check({ query, takesBody, checksBody }: RequestShape, request: Request): void {
    const errors: FieldError[] = [];
    if (query !== 'all') errors.push(...unknownKeys(request.query, query));
    const body: unknown = request.body;
    if (!takesBody && typeof body === 'object' && body !== null) errors.push(...unknownKeys(body, new Set()));
    if (checksBody && isDeep(body)) {
      errors.push({ path: '', code: 'TOO_DEEP', message: `must not be nested deeper than ${MAX_DEPTH} levels` });
    }
    if (errors.length > 0) throw new ValidationError(errors.slice(0, MAX_REPORTED_ERRORS));
  }

  private shapeOf(context: ExecutionContext): RequestShape {
    const handler = context.getHandler() as () => unknown;
    let shape = this.shapes.get(handler);
    if (shape === undefined) this.shapes.set(handler, (shape = requestShapeOf(context.getClass(), handler)));
    return shape;
  }
}

function unknownKeys(given: object, known: ReadonlySet<string>): FieldError[] {
  return Object.keys(given)
    .filter((name) => !known.has(name))
    .slice(0, MAX_REPORTED_ERRORS)
    .map((name) => unrecognizedField(name));
}

/** Level by level, not by recursion: a mebibyte of brackets would end the stack. */
function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
