import { beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../common/clock.js';
import type { RegistryVersion } from '../database/registry-version.js';
import type { Principal } from '../users/principal.js';
import type { Principals } from '../users/principals.js';
import { permissionsOf } from '../users/role-permissions.js';
import { PrincipalCache } from './principal-cache.js';
import type { SessionStore } from './sessions/session-store.js';

const ADA: Principal = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
  email: 'ada@sollen.example',
  name: 'Ada',
  superAdmin: false,
  memberships: [],
  permissions: permissionsOf('operator'),
};

const SESSION = '0199c1a4-6666-7a43-9d4e-1f0c7b9a2d11';

class TestClock extends Clock {
  ms = 1_000_000;

  now(): Date {
    return new Date(this.ms);
  }
}

describe('PrincipalCache', () => {
  let clock: TestClock;
  let reads: number;
  let answer: () => Promise<Principal | null>;
  let live: boolean;
  let end: () => void;
  let cache: PrincipalCache;

  beforeEach(() => {
    clock = new TestClock();
    reads = 0;
    answer = () => Promise.resolve(ADA);
    const principals = { find: () => (reads++, answer()) } as unknown as Principals;
    live = true;
    const sessions = { isLive: () => Promise.resolve(live) } as unknown as SessionStore;
    const registry = { onSessionsEnded: (listener: () => void) => (end = listener) } as unknown as RegistryVersion;
    cache = new PrincipalCache(principals, sessions, clock, registry);
  });

  it('reads a person once for many requests of the same moment', async () => {
    await Promise.all([cache.find(ADA.id, SESSION), cache.find(ADA.id, SESSION)]);
    clock.ms += 999;
    expect(await cache.find(ADA.id, SESSION)).toBe(ADA);
    expect(reads).toBe(1);
  });

  it('sees after a second that somebody was disabled', async () => {
    await cache.find(ADA.id, SESSION);
    answer = () => Promise.resolve(null);
    clock.ms += 1000;
    expect(await cache.find(ADA.id, SESSION)).toBeNull();
  });

  it('sees at once that a session has ended, and after a second without being told', async () => {
    await cache.find(ADA.id, SESSION);
    live = false;
    clock.ms += 999;
    expect(await cache.find(ADA.id, SESSION)).toBe(ADA);
    end();
    expect(await cache.find(ADA.id, SESSION)).toBeNull();
    live = true;
    expect(await cache.find(ADA.id, 'another session')).toBe(ADA);
  });

  it('asks again after a failure', async () => {
    answer = () => Promise.reject(new Error('away'));
    await expect(cache.find(ADA.id, SESSION)).rejects.toThrow('away');
    answer = () => Promise.resolve(ADA);
    expect(await cache.find(ADA.id, SESSION)).toBe(ADA);
  });

  it('stays bounded under many accounts', async () => {
    for (let i = 0; i < 25_000; i++) await cache.find(ADA.id, `session-${i}`);
    expect((cache as unknown as { entries: Map<string, unknown> }).entries.size).toBeLessThanOrEqual(10_000);
  });
});
