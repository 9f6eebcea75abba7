import { mainMunicipalityOf, mainRoleOf, type Principal } from './principal.js';
import type { SignedInUserResponse } from './user.schemas.js';

/** A person as they see themselves; the password's hash is not part of a principal. */
export function toSignedInUser(principal: Principal): SignedInUserResponse {
  const { id, email, name, memberships, permissions } = principal;
  return {
    id,
    email,
    name,
    role: mainRoleOf(principal),
    municipalityId: mainMunicipalityOf(principal),
    memberships: memberships.map((membership) => ({
      municipalityId: membership.municipalityId,
      role: membership.role,
      permissions: [...membership.permissions],
    })),
    permissions: [...permissions],
  };
}
