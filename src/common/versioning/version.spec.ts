import { describe, expect, it } from 'vitest';
import { expectedVersion, requireVersion, versionSchema } from './version.js';

describe('expectedVersion', () => {
  it('takes the version from the header or from the body', () => {
    expect(expectedVersion(undefined, undefined)).toBeUndefined();
    expect(expectedVersion(3, undefined)).toBe(3);
    expect(expectedVersion(undefined, 3)).toBe(3);
    expect(expectedVersion(3, 3)).toBe(3);
    expect(expectedVersion([2, 3], 3)).toBe(3);
    expect(expectedVersion([2, 3], undefined)).toEqual([2, 3]);
  });

  it('refuses two that differ', () => {
    const refusal = expect.objectContaining({
      kind: 'validation',
      errors: [expect.objectContaining({ path: 'version', code: 'VERSIONS_DIFFER' })],
    });
    for (const header of [2, [1, 2], []]) expect(() => expectedVersion(header, 3)).toThrow(refusal);
  });
});

describe('requireVersion', () => {
  it('is content with the expected version, or with any when none is', () => {
    for (const expected of [undefined, 3, [1, 3]]) expect(() => requireVersion({ version: 3 }, expected)).not.toThrow();
  });

  it('refuses another one', () => {
    const conflict = expect.objectContaining({ kind: 'conflict', code: 'VERSION_CONFLICT' });
    for (const expected of [2, 4, [1, 2], []]) expect(() => requireVersion({ version: 3 }, expected)).toThrow(conflict);
  });
});

describe('the version of a body', () => {
  it('is a whole number from 1 on', () => {
    expect(versionSchema.parse(1)).toBe(1);
    expect(versionSchema.parse(undefined)).toBeUndefined();
    for (const wrong of [0, -1, 1.5, '1', null, 2 ** 31]) expect(versionSchema.safeParse(wrong).success).toBe(false);
  });
});
