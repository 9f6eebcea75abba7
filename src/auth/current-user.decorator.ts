import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { UnauthenticatedError } from '../common/errors/errors.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import type { AuthenticatedDevice } from './device-authenticator.js';
import { socketUser } from './socket-user.js';

/** Who was authenticated for the call, by whichever way. */
function callerOf(context: ExecutionContext): unknown {
  return context.getType() === 'ws'
    ? socketUser(context.switchToWs().getClient())
    : context.switchToHttp().getRequest<Request>().user;
}

/** The signed-in person; only on handlers that let none but people in. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): AuthenticatedUser => {
  const caller = callerOf(context);
  if (!caller || !(typeof caller === 'object' && 'permissions' in caller)) throw new UnauthenticatedError();
  return caller as AuthenticatedUser;
});

/** The authenticated device; only on handlers with `@DeviceAccess()`. */
export const CurrentDevice = createParamDecorator((_: unknown, context: ExecutionContext): AuthenticatedDevice => {
  const caller = callerOf(context);
  if (!caller || !(typeof caller === 'object' && 'deviceId' in caller)) throw new UnauthenticatedError();
  return caller as AuthenticatedDevice;
});
