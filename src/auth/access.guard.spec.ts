import type { ExecutionContext } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Refusals } from '../audit/refusals.js';
import { ForbiddenError, UnauthenticatedError } from '../common/errors/errors.js';
import {
  currentActor,
  newRequestContext,
  requireTenantScope,
  runWithRequestContext,
} from '../common/request-context/request-context.js';
import type { AppConfig } from '../config/app-config.js';
import type { RoleCode } from '../users/role-code.js';
import { permissionsOf } from '../users/role-permissions.js';
import {
  BrokerHook,
  DeviceAccess,
  FromBroker,
  Public,
  RequirePermission,
  SystemJob,
  UplinkAccess,
} from './access.decorators.js';
import { AccessGuard } from './access.guard.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import type { DeviceCallerGuard, UserGuard } from './passport.guards.js';
import type { TokenVerifier } from './token-verifier.js';
import type { UplinkDoor } from './uplink-door.js';

class Handlers {
  @Public() open(): void {}
  @RequirePermission('rule:write') changeRule(): void {}
  @SystemJob() prune(): void {}
  @DeviceAccess() deliver(): void {}
  @BrokerHook() hook(): void {}
  @UplinkAccess() uplink(): void {}
  @FromBroker() take(): void {}
  undecided(): void {}
}

const HOOK_TOKEN = 'hook-token-of-the-broker';
const MUNICIPALITY = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';

function userOf(role: RoleCode): AuthenticatedUser {
  return {
    id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
    email: 'somebody@sollen.example',
    name: 'Somebody',
    superAdmin: role === 'super_admin',
    memberships:
      role === 'super_admin'
        ? []
        : [{ municipalityId: MUNICIPALITY, role, permissions: permissionsOf(role), municipalityIds: [MUNICIPALITY] }],
    permissions: permissionsOf(role),
    sessionId: '0199c1a4-6666-7a43-9d4e-1f0c7b9a2d11',
    tokenId: '0199c1a4-7777-7a43-9d4e-1f0c7b9a2d11',
    tokenExpiresAt: Date.now() + 60_000,
  };
}

/** What a call looks like to the guard: one handler, one transport, and who the strategies will find. */
interface Call {
  type: 'http' | 'rpc' | 'ws';
  caller?: unknown;
  authorization?: string;
  socket?: { data: { user?: AuthenticatedUser } };
}

describe('AccessGuard', () => {
  let disabled: boolean;
  let noted: unknown[];
  let guard: AccessGuard;

  beforeEach(() => {
    disabled = false;
    noted = [];
    const strategy = {
      canActivate: (context: ExecutionContext) => {
        const request = context.switchToHttp().getRequest<{ caller?: unknown; user?: unknown }>();
        if (request.caller === undefined) return Promise.reject(new UnauthenticatedError());
        request.user = request.caller;
        return Promise.resolve(true);
      },
    };
    const verifier = {
      current: (user: AuthenticatedUser) =>
        disabled ? Promise.reject(new UnauthenticatedError()) : Promise.resolve(user),
    };
    guard = new AccessGuard(
      { mqtt: { brokerHookToken: HOOK_TOKEN } } as AppConfig,
      strategy as unknown as UserGuard,
      strategy as unknown as DeviceCallerGuard,
      verifier as unknown as TokenVerifier,
      { note: (code: string, permission?: string) => noted.push([code, permission]) } as unknown as Refusals,
      {
        admit: ({ caller }: { caller?: unknown }) =>
          caller === undefined ? Promise.reject(new UnauthenticatedError()) : Promise.resolve(caller),
      } as unknown as UplinkDoor,
    );
  });

  /** Answers the actor and the tenant scope that the handler would see. */
  function call(handler: keyof Handlers, { type, caller, authorization, socket = { data: {} } }: Call) {
    const request = { caller, header: () => authorization };
    const context = {
      getType: () => type,
      getHandler: () => Handlers.prototype[handler],
      getClass: () => Handlers,
      switchToHttp: () => ({ getRequest: () => request }),
      switchToWs: () => ({ getClient: () => socket }),
    } as unknown as ExecutionContext;
    return runWithRequestContext(newRequestContext(), async () => {
      expect(await guard.canActivate(context)).toBe(true);
      const actor = currentActor();
      return { actor, tenant: actor && requireTenantScope() };
    });
  }

  it.each(['http', 'rpc', 'ws'] as const)('refuses by %s what nobody decided about', async (type) => {
    const caller = userOf('super_admin');
    const socket = { data: { user: caller } };
    await expect(call('undecided', { type, caller, socket })).rejects.toBeInstanceOf(ForbiddenError);
  });

  it('lets anybody call what is public, and makes nobody of them', async () => {
    expect(await call('open', { type: 'http' })).toEqual({ actor: undefined, tenant: undefined });
  });

  it('lets people in by permission, within their municipality', async () => {
    const { actor, tenant } = await call('changeRule', { type: 'http', caller: userOf('municipality_admin') });
    expect(actor).toMatchObject({ kind: 'user', label: 'somebody@sollen.example', municipalityIds: [MUNICIPALITY] });
    expect(tenant).toEqual({ kind: 'municipalities', municipalityIds: [MUNICIPALITY] });
    await expect(call('changeRule', { type: 'http', caller: userOf('operator') })).rejects.toThrow(ForbiddenError);
    expect(noted).toEqual([['FORBIDDEN', 'rule:write']]);
    await expect(call('changeRule', { type: 'http' })).rejects.toThrow(UnauthenticatedError);
  });

  it('gives a super admin the whole country', async () => {
    const { tenant } = await call('changeRule', { type: 'http', caller: userOf('super_admin') });
    expect(tenant).toEqual({ kind: 'all' });
    await expect(call('prune', { type: 'http', caller: userOf('super_admin') })).rejects.toThrow(ForbiddenError);
  });

  it('lets devices in with the scope of their municipality', async () => {
    const caller = { deviceId: 'gauge-1', municipalityId: MUNICIPALITY };
    const { actor, tenant } = await call('deliver', { type: 'http', caller });
    expect(actor).toEqual({ kind: 'device', id: 'gauge-1', municipalityIds: [MUNICIPALITY] });
    expect(tenant).toEqual({ kind: 'municipalities', municipalityIds: [MUNICIPALITY] });
  });

  it.each([undefined, '', 'Bearer', 'Bearer wrong', `Basic ${HOOK_TOKEN}`, `Bearer ${HOOK_TOKEN}x`, HOOK_TOKEN])(
    'refuses a broker that says "%s"',
    async (authorization) => {
      await expect(call('hook', { type: 'http', authorization })).rejects.toThrow(UnauthenticatedError);
    },
  );

  it('lets the broker in by its token', async () => {
    const { actor } = await call('hook', { type: 'http', authorization: `Bearer ${HOOK_TOKEN}` });
    expect(actor).toEqual({ kind: 'system', id: 'broker', municipalityIds: [] });
  });

  it('lets network servers in with the scope of their municipality', async () => {
    const caller = { sourceId: 'source-1', municipalityId: MUNICIPALITY, kind: 'tts' };
    const { actor, tenant } = await call('uplink', { type: 'http', caller });
    expect(actor).toEqual({ kind: 'system', id: 'uplink:source-1', municipalityIds: [MUNICIPALITY] });
    expect(tenant).toEqual({ kind: 'municipalities', municipalityIds: [MUNICIPALITY] });
    await expect(call('uplink', { type: 'http' })).rejects.toThrow(UnauthenticatedError);
  });

  it('lets messages of the broker through, and nothing else by that way', async () => {
    expect((await call('take', { type: 'rpc' })).actor?.kind).toBe('system');
    await expect(call('take', { type: 'http' })).rejects.toThrow(ForbiddenError);
    await expect(call('take', { type: 'ws' })).rejects.toThrow(ForbiddenError);
  });

  it('looks again at who is connected with every message of a WebSocket', async () => {
    const socket = { data: { user: userOf('municipality_admin') } };
    expect((await call('changeRule', { type: 'ws', socket })).actor?.label).toBe('somebody@sollen.example');
    disabled = true;
    await expect(call('changeRule', { type: 'ws', socket })).rejects.toThrow(UnauthenticatedError);
    await expect(call('changeRule', { type: 'ws' })).rejects.toThrow(UnauthenticatedError);
  });

  it.each(['changeRule', 'deliver', 'hook', 'uplink'] as const)(
    'never takes %s from a message of the broker',
    async (handler) => {
      const caller = userOf('super_admin');
      await expect(call(handler, { type: 'rpc', caller })).rejects.toThrow(ForbiddenError);
    },
  );
});
