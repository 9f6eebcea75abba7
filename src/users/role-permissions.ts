import { PERMISSION_CODES, type Permission } from './permissions.js';
import type { RoleCode } from './role-code.js';

const ANALYST: readonly Permission[] = [
  'municipality:read',
  'device:read',
  'profile:read',
  'sensor_type:read',
  'reading:read',
  'rule:read',
  'alert:read',
  'protocol:read',
  'dashboard:read',
];

const FIELD_ENGINEER: readonly Permission[] = [
  ...ANALYST,
  'device:register',
  'device:write',
  'device:command',
  'profile:write',
  'system:read',
];

const OPERATOR: readonly Permission[] = [
  ...ANALYST,
  'alert:acknowledge',
  'alert:resolve',
  'device:command',
  'system:read',
];

const MUNICIPALITY_ADMIN: readonly Permission[] = [
  ...new Set([...FIELD_ENGINEER, ...OPERATOR]),
  'rule:write',
  'user:read',
  'user:write',
  'role:read',
  'role:write',
  'municipality:configure',
  'sensor:share',
  'dashboard:write',
  'audit:read',
  'audit:export',
];

/** What each built-in role may do; within the own municipality, except for the super admin. */
const ROLE_PERMISSIONS: Readonly<Record<RoleCode, ReadonlySet<Permission>>> = {
  super_admin: new Set(PERMISSION_CODES),
  municipality_admin: new Set(MUNICIPALITY_ADMIN),
  operator: new Set(OPERATOR),
  field_engineer: new Set(FIELD_ENGINEER),
  analyst: new Set(ANALYST),
};

const NOTHING: ReadonlySet<Permission> = new Set();

/** The permissions of a role; none for a role that this version does not know. */
export function permissionsOf(role: string): ReadonlySet<Permission> {
  return Object.hasOwn(ROLE_PERMISSIONS, role) ? ROLE_PERMISSIONS[role as RoleCode] : NOTHING;
}
