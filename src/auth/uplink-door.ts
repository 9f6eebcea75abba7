import { createParamDecorator, type ExecutionContext, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Request } from 'express';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { UplinkAuthenticator, type AuthenticatedUplinkSource } from './uplink-authenticator.js';

const MAX_TOKEN_LENGTH = 256;

/** Lets network servers in by the token of an uplink source, as `Authorization: Bearer` or `X-Api-Key`. */
@Injectable()
export class UplinkDoor implements OnModuleInit {
  private authenticator: UplinkAuthenticator | undefined;

  constructor(private readonly modules: ModuleRef) {}

  /** The implementation lives in a higher layer, which this one does not import. */
  onModuleInit(): void {
    this.authenticator = this.modules.get(UplinkAuthenticator, { strict: false });
  }

  /** Who the request is from; it is found again by {@link CurrentUplinkSource}. @throws UnauthenticatedError */
  async admit(request: Request): Promise<AuthenticatedUplinkSource> {
    const token = /^Bearer (.+)$/i.exec(request.header('Authorization') ?? '')?.[1] ?? request.header('X-Api-Key');
    const known = token && token.length <= MAX_TOKEN_LENGTH ? await this.authenticator?.authenticate(token) : null;
    if (!known) throw new UnauthenticatedError(undefined, 'The token of the uplink source is missing or wrong.');
    request.user = known;
    return known;
  }
}

/** The authenticated network server; only on handlers with `@UplinkAccess()`. */
export const CurrentUplinkSource = createParamDecorator(
  (_: unknown, context: ExecutionContext): AuthenticatedUplinkSource => {
    const caller: unknown = context.switchToHttp().getRequest<Request>().user;
    if (!caller || !(typeof caller === 'object' && 'sourceId' in caller)) throw new UnauthenticatedError();
    return caller as AuthenticatedUplinkSource;
  },
);
