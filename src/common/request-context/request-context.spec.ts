import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ALL_TENANTS,
  currentActor,
  currentRequestId,
  identifyActor,
  newRequestContext,
  requireTenantScope,
  runWithRequestContext,
} from './request-context.js';

describe('request context', () => {
  it('follows the work across awaits and does not leak to its neighbours', async () => {
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((requestId) =>
        runWithRequestContext({ requestId }, async () => {
          await setImmediate();
          return currentRequestId();
        }),
      ),
    );
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(currentRequestId()).toBeUndefined();
  });

  it('makes ids for work without a request', () => {
    expect(newRequestContext().requestId).not.toBe(newRequestContext().requestId);
    expect(newRequestContext({ requestId: 'kept', tenant: ALL_TENANTS })).toEqual({
      requestId: 'kept',
      tenant: { kind: 'all' },
    });
  });

  it('holds who was authenticated', () => {
    const actor = { kind: 'user', id: 'u1', role: 'operator', municipalityIds: ['m1'] } as const;
    runWithRequestContext({ requestId: 'r' }, () => {
      expect(currentActor()).toBeUndefined();
      identifyActor(actor, { kind: 'municipalities', municipalityIds: ['m1'] });
      expect(currentActor()).toEqual(actor);
      expect(requireTenantScope()).toEqual({ kind: 'municipalities', municipalityIds: ['m1'] });
    });
  });

  it('fails closed without a tenant or a context', () => {
    expect(() => requireTenantScope()).toThrow('no tenant scope');
    expect(() => runWithRequestContext({ requestId: 'r' }, requireTenantScope)).toThrow('no tenant scope');
    expect(() => identifyActor({ kind: 'system', id: 's', municipalityIds: [] }, ALL_TENANTS)).toThrow(
      'request context',
    );
  });
});
