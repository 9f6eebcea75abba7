import { ALL_TENANTS, type Actor, type TenantScope } from '../common/request-context/request-context.js';
import type { Permission } from './permissions.js';

/** What a person is and may do in one municipality or region. */
export interface Membership {
  readonly municipalityId: string;
  /** Code of a built-in role, or of one that the municipality made. */
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Where the permissions hold: the municipality itself, and for a region the municipalities in it. */
  readonly municipalityIds: readonly string[];
}

/** A person as the platform knows them at this moment: who they are and what they may do. */
export interface Principal {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** May do everything everywhere, and belongs to no municipality. */
  readonly superAdmin: boolean;
  /** One per municipality or region that is not suspended, the oldest first. */
  readonly memberships: readonly Membership[];
  /** Everything that the person may do somewhere; where, {@link scopeOf} says. */
  readonly permissions: ReadonlySet<Permission>;
}

/** Code of a super admin's role, which is no role of any municipality. */
export const SUPER_ADMIN = 'super_admin';

/**
 * The municipalities whose records the person may touch: with a permission, those in which they have it; without one,
 * all that they belong to.
 */
export function scopeOf(principal: Principal, permission?: Permission): TenantScope {
  if (principal.superAdmin) return ALL_TENANTS;
  const memberships = principal.memberships.filter(
    ({ permissions }) => permission === undefined || permissions.has(permission),
  );
  return {
    kind: 'municipalities',
    municipalityIds: [...new Set(memberships.flatMap(({ municipalityIds }) => municipalityIds))],
  };
}

/** What the person may do in one municipality. */
export function permissionsIn(principal: Principal, municipalityId: string): ReadonlySet<Permission> {
  if (principal.superAdmin) return principal.permissions;
  const memberships = principal.memberships.filter(({ municipalityIds }) => municipalityIds.includes(municipalityId));
  return new Set(memberships.flatMap(({ permissions }) => [...permissions]));
}

/** The role that the person is shown with: their only one, or the oldest of several. */
export function mainRoleOf({ superAdmin, memberships }: Principal): string {
  return superAdmin ? SUPER_ADMIN : (memberships[0]?.role ?? '');
}

/** The municipality that the person works in unless they name another; null for a super admin. */
export function mainMunicipalityOf({ memberships }: Principal): string | null {
  return memberships[0]?.municipalityId ?? null;
}

/** The person as the actor of a request. */
export function actorOf(principal: Principal): Actor {
  return {
    kind: 'user',
    id: principal.id,
    label: principal.email,
    municipalityIds: principal.memberships.map(({ municipalityId }) => municipalityId),
  };
}
