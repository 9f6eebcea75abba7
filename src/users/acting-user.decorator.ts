import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { UnauthenticatedError } from '../common/errors/errors.js';
import type { Principal } from './principal.js';

/** The person who makes the request, for rooms below sign-in; it puts who it let in on the request. */
export const ActingUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<{ user?: Partial<Principal> }>();
  if (user?.memberships === undefined) throw new UnauthenticatedError();
  return user as Principal;
});
