import { describe, expect, it } from 'vitest';
import { NATIONAL_PERMISSIONS, PERMISSION_CODES, type Permission } from './permissions.js';
import { mainMunicipalityOf, mainRoleOf, permissionsIn, scopeOf, type Principal } from './principal.js';
import { permissionsOfRole, requireSuperAdmin, requireToHold } from './rights.js';

const NORTH = 'north';
const SOUTH = 'south';
const REGION = 'region';

const member = (municipalityId: string, permissions: Permission[], municipalityIds = [municipalityId]) => ({
  municipalityId,
  role: 'some_role',
  permissions: new Set(permissions),
  municipalityIds,
});

function personWith(...memberships: ReturnType<typeof member>[]): Principal {
  const permissions = new Set(memberships.flatMap((one) => [...one.permissions]));
  return { id: 'ada', email: 'ada@example.org', name: 'Ada', superAdmin: false, memberships, permissions };
}

const root: Principal = { ...personWith(), superAdmin: true, permissions: new Set(PERMISSION_CODES) };

describe('where somebody may do something', () => {
  const ada = personWith(member(NORTH, ['device:read', 'rule:write']), member(SOUTH, ['device:read']));

  it('is where they have the permission, not where they have another one', () => {
    expect(scopeOf(ada, 'device:read')).toEqual({ kind: 'municipalities', municipalityIds: [NORTH, SOUTH] });
    expect(scopeOf(ada, 'rule:write')).toEqual({ kind: 'municipalities', municipalityIds: [NORTH] });
    expect(scopeOf(ada, 'user:write')).toEqual({ kind: 'municipalities', municipalityIds: [] });
    expect(scopeOf(ada)).toEqual({ kind: 'municipalities', municipalityIds: [NORTH, SOUTH] });
    expect([...permissionsIn(ada, SOUTH)]).toEqual(['device:read']);
    expect([...permissionsIn(ada, 'elsewhere')]).toEqual([]);
  });

  it('is every municipality of a region, and adds up', () => {
    const warden = personWith(member(REGION, ['alert:read'], [REGION, NORTH]), member(NORTH, ['rule:write']));
    expect(scopeOf(warden, 'alert:read')).toEqual({ kind: 'municipalities', municipalityIds: [REGION, NORTH] });
    expect([...permissionsIn(warden, NORTH)].sort()).toEqual(['alert:read', 'rule:write']);
    expect([...permissionsIn(warden, REGION)]).toEqual(['alert:read']);
  });

  it('is everywhere for a super admin', () => {
    expect(scopeOf(root, 'rule:write')).toEqual({ kind: 'all' });
    expect(permissionsIn(root, NORTH).size).toBe(PERMISSION_CODES.length);
    expect([mainRoleOf(root), mainMunicipalityOf(root)]).toEqual(['super_admin', null]);
    expect([mainRoleOf(ada), mainMunicipalityOf(ada)]).toEqual(['some_role', NORTH]);
  });

  it('is decided before somebody hands out rights', () => {
    expect(() => requireToHold(ada, NORTH, ['rule:write', 'device:read'])).not.toThrow();
    expect(() => requireToHold(ada, SOUTH, ['rule:write', 'device:read'])).toThrow('rule:write');
    expect(() => requireToHold(root, SOUTH, PERMISSION_CODES)).not.toThrow();
    expect(() => requireSuperAdmin(ada)).toThrow(expect.objectContaining({ code: 'SUPER_ADMIN_ONLY' }));
  });
});

describe('what a role allows', () => {
  it('never holds what concerns the whole country', () => {
    const all = { code: 'own', permissions: PERMISSION_CODES };
    expect([...NATIONAL_PERMISSIONS].some((code) => permissionsOfRole(all).has(code))).toBe(false);
    expect(permissionsOfRole({ code: 'municipality_admin', permissions: null }).has('user:write')).toBe(true);
    expect(permissionsOfRole({ code: 'operator', permissions: ['alert:read'] }).has('alert:resolve')).toBe(false);
  });
});
