import { ForbiddenError } from '../common/errors/errors.js';
import { NATIONAL_PERMISSIONS, type Permission } from './permissions.js';
import { permissionsIn, type Principal } from './principal.js';
import { permissionsOf } from './role-permissions.js';
import type { Role } from './role.entity.js';

/** What a role allows: by the release when it is built in, else as the municipality wrote it down. */
export function permissionsOfRole(role: Pick<Role, 'code' | 'permissions'>): ReadonlySet<Permission> {
  const given = role.permissions ? new Set(role.permissions) : permissionsOf(role.code);
  return new Set([...given].filter((permission) => !NATIONAL_PERMISSIONS.has(permission)));
}

/**
 * Nobody hands out, or takes away from others, what they do not have themselves in that municipality.
 * @throws ForbiddenError `BEYOND_OWN_RIGHTS` that names what is missing
 */
export function requireToHold(actor: Principal, municipalityId: string, wanted: Iterable<Permission>): void {
  const held = permissionsIn(actor, municipalityId);
  const missing = [...wanted].filter((permission) => !held.has(permission));
  if (missing.length === 0) return;
  throw new ForbiddenError('BEYOND_OWN_RIGHTS', `You do not have these permissions yourself: ${missing.join(', ')}.`);
}

/** Only super admins decide who is one. @throws ForbiddenError `SUPER_ADMIN_ONLY` */
export function requireSuperAdmin(actor: Principal): void {
  if (!actor.superAdmin) throw new ForbiddenError('SUPER_ADMIN_ONLY', 'Only a super admin may do this.');
}
