import { NATIONAL_PERMISSIONS, PERMISSION_CODES, PERMISSIONS, type Permission } from './permissions.js';
import { SUPER_ADMIN } from './principal.js';
import { permissionsOfRole } from './rights.js';
import { ROLE_CODES } from './role-code.js';
import { permissionsOf } from './role-permissions.js';
import type { Role } from './role.entity.js';
import type { PermissionItem, RoleResponse } from './role.schemas.js';

/** A role as callers see it. */
export function toRoleResponse(role: Role): RoleResponse {
  const { id, code, name, description, version, createdAt, updatedAt } = role;
  const municipalityId = role.municipalityId ?? null;
  return {
    id,
    code,
    name,
    description,
    builtIn: municipalityId === null,
    municipalityId,
    permissions: [...(code === SUPER_ADMIN && municipalityId === null ? PERMISSION_CODES : permissionsOfRole(role))],
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** A permission as callers see it. */
export function toPermissionItem(code: Permission): PermissionItem {
  return {
    code,
    description: PERMISSIONS[code],
    national: NATIONAL_PERMISSIONS.has(code),
    roles: ROLE_CODES.filter((role) => permissionsOf(role).has(code)),
  };
}
