import { ALL_TENANTS, type Actor, type TenantScope } from '../common/request-context/request-context.js';
import type { Permission } from './permissions.js';
import type { RoleCode } from './role-code.js';

/** A person as the platform knows them at this moment: who they are and what they may do. */
export interface Principal {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: RoleCode;
  /** Null for a super admin, who belongs to no municipality. */
  readonly municipalityId: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

/** The municipalities whose records the person may touch. */
export function tenantScopeOf(principal: Principal): TenantScope {
  if (principal.role === 'super_admin') return ALL_TENANTS;
  return { kind: 'municipalities', municipalityIds: municipalityIdsOf(principal) };
}

/** The person as the actor of a request. */
export function actorOf(principal: Principal): Actor {
  return {
    kind: 'user',
    id: principal.id,
    role: principal.role,
    municipalityIds: municipalityIdsOf(principal),
  };
}

function municipalityIdsOf(principal: Principal): readonly string[] {
  return principal.municipalityId === null ? [] : [principal.municipalityId];
}
