import type { UserResponse } from './user-administration.schemas.js';
import type { User } from './user.entity.js';

/** A person and the roles that they have in municipalities that the caller may see. */
export interface UserWithRoles {
  readonly user: User;
  readonly memberships: readonly { readonly municipalityId: string; readonly role: string }[];
}

/** A person as administrators see them; without anything that they sign in with. */
export function toUserResponse({ user, memberships }: UserWithRoles): UserResponse {
  const { id, email, name, status, superAdmin, lastLoginAt, version, createdAt, updatedAt } = user;
  return {
    id,
    email,
    name,
    status,
    superAdmin,
    memberships: [...memberships],
    lastLoginAt: lastLoginAt?.toISOString() ?? null,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
