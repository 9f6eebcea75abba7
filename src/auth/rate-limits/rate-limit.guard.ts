import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ForbiddenError, UnauthenticatedError } from '../../common/errors/errors.js';
import { currentActor } from '../../common/request-context/request-context.js';
import { accessDecisionOf } from '../access-decision.js';
import { AccessGuard } from '../access.guard.js';
import { type CountedAs, rateClassOf } from './rate-class.js';
import { addressOf, RateLimits } from './rate-limits.js';

/**
 * Counts every HTTP request once, with one question to Redis: requests to public routes for the address that they come
 * from, before anything else is done; others for the person or device, once the AccessGuard knows who it is, so that
 * many behind one address do not share a limit; and those whose credentials are wrong for the address again.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly access: AccessGuard,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return this.access.canActivate(context);
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    const rateClass = rateClassOf(context.getClass(), context.getHandler(), request.method);
    const decision = accessDecisionOf(context.getHandler());
    if (rateClass !== 'none' && (decision === undefined || decision.kind === 'public')) {
      await this.limits.count(rateClass, addressOf(request), response);
      return this.access.canActivate(context);
    }
    return this.admitAndCount(context, rateClass, request, response);
  }

  private async admitAndCount(
    context: ExecutionContext,
    rateClass: CountedAs,
    request: Request,
    response: Response,
  ): Promise<boolean> {
    let refusal: UnauthenticatedError | ForbiddenError | undefined;
    try {
      await this.access.canActivate(context);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError || error instanceof ForbiddenError)) throw error;
      refusal = error;
    }
    // Beyond the limit the answer no longer tells whether the credentials were right.
    if (refusal instanceof UnauthenticatedError) await this.limits.count('public', addressOf(request), response);
    else if (rateClass === 'none') this.limits.waive(response);
    else await this.limits.count(rateClass, callerOf(request), response);
    if (refusal !== undefined) throw refusal;
    return true;
  }
}

/** Who the request is counted for; who asks for what they may not do was told apart before. */
function callerOf(request: Request): string {
  const actor = currentActor();
  return actor === undefined ? addressOf(request) : `${actor.kind}:${actor.id}`;
}
