import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Refusals } from '../audit/refusals.js';
import { ForbiddenError, UnauthenticatedError } from '../common/errors/errors.js';
import { ALL_TENANTS, identifyActor, nameOperation } from '../common/request-context/request-context.js';
import { AppConfig } from '../config/app-config.js';
import { actorOf, scopeOf } from '../users/principal.js';
import { accessDecisionOf, type AccessDecision } from './access-decision.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import type { AuthenticatedDevice } from './device-authenticator.js';
import { DeviceCallerGuard, UserGuard } from './passport.guards.js';
import { setSocketUser, socketUser } from './socket-user.js';
import { TokenVerifier } from './token-verifier.js';
import { UplinkDoor } from './uplink-door.js';

/**
 * The one guard in front of every HTTP route, message handler and WebSocket handler. What nobody decided about is
 * refused. Whoever is let in becomes the actor of the request, with the municipalities that they may touch.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly config: AppConfig,
    private readonly userGuard: UserGuard,
    private readonly deviceGuard: DeviceCallerGuard,
    private readonly verifier: TokenVerifier,
    private readonly refusals: Refusals,
    private readonly uplinks: UplinkDoor,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    nameOperation(operationOf(context));
    const decision = accessDecisionOf(context.getHandler());
    if (decision === undefined) throw new ForbiddenError();
    switch (decision.kind) {
      case 'public':
        return true;
      case 'device':
        return this.admitDevice(context);
      case 'broker-hook':
        return this.admitBrokerHook(context);
      case 'uplink-source':
        return this.admitUplinkSource(context);
      case 'from-broker':
        return this.admitBrokerMessage(context);
      case 'system-job':
        throw new ForbiddenError();
      default:
        return this.admitUser(context, decision);
    }
  }

  private async admitUser(
    context: ExecutionContext,
    decision: Extract<AccessDecision, { kind: 'signed-in' | 'permission' }>,
  ): Promise<boolean> {
    const user = await this.userOf(context);
    const permission = decision.kind === 'permission' ? decision.permission : undefined;
    identifyActor(actorOf(user), scopeOf(user, permission));
    if (permission !== undefined && !user.permissions.has(permission)) {
      const refusal = new ForbiddenError();
      this.refusals.note(refusal.code, permission);
      throw refusal;
    }
    return true;
  }

  private async userOf(context: ExecutionContext): Promise<AuthenticatedUser> {
    if (context.getType() === 'ws') {
      const socket = context.switchToWs().getClient<Parameters<typeof socketUser>[0]>();
      const known = socketUser(socket);
      if (known === undefined) throw new UnauthenticatedError();
      const user = await this.verifier.current(known);
      setSocketUser(socket, user);
      return user;
    }
    this.requireHttp(context);
    await this.userGuard.canActivate(context);
    return context.switchToHttp().getRequest<Request & { user: AuthenticatedUser }>().user;
  }

  private async admitDevice(context: ExecutionContext): Promise<boolean> {
    this.requireHttp(context);
    await this.deviceGuard.canActivate(context);
    const device = context.switchToHttp().getRequest<Request & { user: AuthenticatedDevice }>().user;
    const municipalityIds = [device.municipalityId];
    identifyActor(
      { kind: 'device', id: device.deviceId, municipalityIds },
      { kind: 'municipalities', municipalityIds },
    );
    return true;
  }

  private admitBrokerHook(context: ExecutionContext): boolean {
    this.requireHttp(context);
    const expected = this.config.mqtt.brokerHookToken;
    const given = hookToken(context.switchToHttp().getRequest<Request>().header('Authorization') ?? '');
    if (expected === undefined || given === undefined || !sameText(expected, given)) throw new UnauthenticatedError();
    identifyActor({ kind: 'system', id: 'broker', municipalityIds: [] }, ALL_TENANTS);
    return true;
  }

  private async admitUplinkSource(context: ExecutionContext): Promise<boolean> {
    this.requireHttp(context);
    const { sourceId, municipalityId } = await this.uplinks.admit(context.switchToHttp().getRequest<Request>());
    const municipalityIds = [municipalityId];
    identifyActor(
      { kind: 'system', id: `uplink:${sourceId}`, municipalityIds },
      { kind: 'municipalities', municipalityIds },
    );
    return true;
  }

  private admitBrokerMessage(context: ExecutionContext): boolean {
    if (context.getType() !== 'rpc') throw new ForbiddenError();
    identifyActor({ kind: 'system', id: 'broker', municipalityIds: [] }, ALL_TENANTS);
    return true;
  }

  /** A decision that reads HTTP headers on a handler without any is a mistake of ours, and nobody gets in by it. */
  private requireHttp(context: ExecutionContext): void {
    if (context.getType() !== 'http') throw new ForbiddenError();
  }
}

/** What is asked for, as documentation and audit name it; values from the caller do not get into it. */
function operationOf(context: ExecutionContext): string {
  if (context.getType() !== 'http') return `${context.getClass().name}.${context.getHandler().name}`;
  const { method, route } = context.switchToHttp().getRequest<{ method: string; route?: { path: string } }>();
  return `${method} ${route?.path ?? ''}`;
}

/** Compares in a time that does not depend on where the texts differ; hashed, so that their lengths do not matter. */
/** The secret of a hook: a bearer token, or the password of those who can only sign in by a URL (mosquitto-go-auth). */
function hookToken(authorization: string): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (basic === undefined) return undefined;
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
  return password;
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
