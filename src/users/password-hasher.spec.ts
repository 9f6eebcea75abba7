import { hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';

const hasher = new PasswordHasher();

describe('PasswordHasher', () => {
  it('hashes with argon2id and the chosen cost, each time with another salt', async () => {
    const [first, second] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
    expect(await hasher.matches(first, 'correct horse')).toBe(true);
    expect(await hasher.matches(first, 'correct horsf')).toBe(false);
  });

  it('refuses every password when there is no hash', async () => {
    expect(await hasher.matches(undefined, 'anything')).toBe(false);
    expect(await hasher.matches(undefined, '')).toBe(false);
  });

  it('tells callers to come back when too many are waiting', async () => {
    // The cost is read from the hash, so this one takes no time.
    const cheap = await hash('x', { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 });
    await hasher.matches(cheap, 'x');
    const results = await Promise.allSettled(Array.from({ length: 110 }, () => hasher.matches(cheap, 'x')));
    expect(results.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(102);
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(8);
  });
});
