import { beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../common/clock.js';
import type { Principal } from '../users/principal.js';
import type { Principals } from '../users/principals.js';
import { permissionsOf } from '../users/role-permissions.js';
import { PrincipalCache } from './principal-cache.js';

const ADA: Principal = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
  email: 'ada@sollen.example',
  name: 'Ada',
  superAdmin: false,
  memberships: [],
  permissions: permissionsOf('operator'),
};

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
  let cache: PrincipalCache;

  beforeEach(() => {
    clock = new TestClock();
    reads = 0;
    answer = () => Promise.resolve(ADA);
    const principals = { find: () => (reads++, answer()) } as unknown as Principals;
    cache = new PrincipalCache(principals, clock);
  });

  it('reads a person once for many requests of the same moment', async () => {
    await Promise.all([cache.find(ADA.id), cache.find(ADA.id)]);
    clock.ms += 999;
    expect(await cache.find(ADA.id)).toBe(ADA);
    expect(reads).toBe(1);
  });

  it('sees after a second that somebody was disabled', async () => {
    await cache.find(ADA.id);
    answer = () => Promise.resolve(null);
    clock.ms += 1000;
    expect(await cache.find(ADA.id)).toBeNull();
  });

  it('asks again after a failure', async () => {
    answer = () => Promise.reject(new Error('away'));
    await expect(cache.find(ADA.id)).rejects.toThrow('away');
    answer = () => Promise.resolve(ADA);
    expect(await cache.find(ADA.id)).toBe(ADA);
  });

  it('stays bounded under many accounts', async () => {
    for (let i = 0; i < 25_000; i++) await cache.find(`user-${i}`);
    expect((cache as unknown as { entries: Map<string, unknown> }).entries.size).toBeLessThanOrEqual(10_000);
  });
});
