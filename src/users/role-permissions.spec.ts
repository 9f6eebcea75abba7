import { describe, expect, it } from 'vitest';
import { PERMISSION_CODES } from './permissions.js';
import { ROLE_CODES } from './role-code.js';
import { permissionsOf } from './role-permissions.js';

describe('permissionsOf', () => {
  it('gives the super admin everything', () => {
    expect([...permissionsOf('super_admin')].sort()).toEqual([...PERMISSION_CODES].sort());
  });

  it('keeps what concerns the whole country to the super admin', () => {
    for (const role of ROLE_CODES.filter((code) => code !== 'super_admin')) {
      expect(permissionsOf(role).has('municipality:write')).toBe(false);
      expect(permissionsOf(role).has('sensor_type:write')).toBe(false);
    }
  });

  it('lets operators acknowledge but not change rules, and analysts only read', () => {
    expect(permissionsOf('operator').has('alert:acknowledge')).toBe(true);
    expect(permissionsOf('operator').has('rule:write')).toBe(false);
    expect([...permissionsOf('analyst')].filter((code) => !code.endsWith(':read'))).toEqual([]);
  });

  it.each(['', 'root', 'constructor', '__proto__'])('gives nothing to the unknown role "%s"', (role) => {
    expect(permissionsOf(role).size).toBe(0);
  });
});
