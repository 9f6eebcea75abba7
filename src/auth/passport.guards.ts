import { Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { DEVICE_STRATEGY } from './device.strategy.js';
import { JWT_STRATEGY } from './jwt.strategy.js';

/** An error (a database that is away) stays what it is; everything else that is not a "yes" is a plain 401. */
function authenticatedOrThrow<T>(
  error: Error | null | undefined,
  found: T | false | null | undefined,
  message?: string,
): T {
  if (error) throw error;
  if (!found) throw new UnauthenticatedError(undefined, message);
  return found;
}

/** Lets people through whose access token is good; used by the AccessGuard only. */
@Injectable()
export class UserGuard extends AuthGuard(JWT_STRATEGY) {
  override handleRequest<T>(error: Error | null | undefined, user: T | false): T {
    return authenticatedOrThrow(error, user);
  }
}

/** Lets devices through that prove who they are; used by the AccessGuard only. */
@Injectable()
export class DeviceCallerGuard extends AuthGuard(DEVICE_STRATEGY) {
  override handleRequest<T>(error: Error | null | undefined, device: T | false): T {
    return authenticatedOrThrow(error, device, 'X-Device-Id, or what proves it, is missing or wrong.');
  }
}
