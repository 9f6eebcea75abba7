import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { ForbiddenError } from '../common/errors/errors.js';
import { Refusals } from './refusals.js';

/** Notes what a handler refuses; what the guard in front of it refuses, the guard notes. */
@Injectable()
export class RefusalInterceptor implements NestInterceptor {
  constructor(private readonly refusals: Refusals) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'rpc') return next.handle();
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (error instanceof ForbiddenError) this.refusals.note(error.code);
        return throwError(() => error);
      }),
    );
  }
}
