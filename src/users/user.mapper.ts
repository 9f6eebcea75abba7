import type { Principal } from './principal.js';
import type { UserResponse } from './user.schemas.js';

/** A person as callers see them; the password's hash is not part of a principal. */
export function toUserResponse(principal: Principal): UserResponse {
  const { id, email, name, role, municipalityId, permissions } = principal;
  return { id, email, name, role, municipalityId, permissions: [...permissions] };
}
