import type { Transaction } from '../database/transaction.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { Membership } from './membership.entity.js';
import { permissionsIn, SUPER_ADMIN, type Principal } from './principal.js';
import { permissionsOfRole, requireSuperAdmin, requireToHold } from './rights.js';
import { Role } from './role.entity.js';
import { belongsElsewhere, lastSuperAdmin, municipalityNotFound, unknownRole } from './user.errors.js';
import type { User } from './user.entity.js';

/** Looks at all municipalities: what somebody does elsewhere decides who may touch their account. */
const EVERYWHERE = { filters: { tenant: false } } as const;

/**
 * Makes sure that the caller may change the account itself, which counts everywhere: super admins may; others when they
 * administer every municipality that the person belongs to, and may do all that the person may.
 * @throws ForbiddenError `SUPER_ADMIN_ONLY`, `USER_BELONGS_ELSEWHERE`, `BEYOND_OWN_RIGHTS`
 */
export async function requireToAdminister(tx: Transaction, actor: Principal, user: User): Promise<void> {
  if (actor.superAdmin) return;
  if (user.superAdmin) requireSuperAdmin(actor);
  const memberships = await tx.em.find(Membership, { userId: user.id }, EVERYWHERE);
  for (const { municipalityId, roleId } of memberships) {
    if (!permissionsIn(actor, municipalityId).has('user:write')) throw belongsElsewhere();
    await requireToHoldRole(tx, actor, municipalityId, roleId);
  }
}

/** @throws ForbiddenError `BEYOND_OWN_RIGHTS` when the role allows what the caller may not do */
export async function requireToHoldRole(
  tx: Transaction,
  actor: Principal,
  municipalityId: string,
  roleId: string,
): Promise<void> {
  const role = await tx.em.findOneOrFail(Role, { id: roleId }, EVERYWHERE);
  requireToHold(actor, municipalityId, permissionsOfRole(role));
}

/**
 * The role with this code that the caller may give to somebody in the municipality.
 * @param path of the field that named the role, for the error
 * @throws NotFoundError `MUNICIPALITY_NOT_FOUND` where the caller does not administer people; ValidationError for an
 *   unknown role; ForbiddenError `BEYOND_OWN_RIGHTS`
 */
export async function grantableRole(
  tx: Transaction,
  actor: Principal,
  municipalityId: string,
  code: string,
  path: string,
): Promise<Role> {
  const known = (await tx.em.count(Municipality, { id: municipalityId })) > 0;
  if (!known || !permissionsIn(actor, municipalityId).has('user:write')) throw municipalityNotFound();
  const where = { code, $or: [{ municipalityId: null }, { municipalityId }] };
  const role = code === SUPER_ADMIN ? null : await tx.em.findOne(Role, where, EVERYWHERE);
  if (role === null) throw unknownRole(path, code);
  requireToHold(actor, municipalityId, permissionsOfRole(role));
  return role;
}

/**
 * Makes sure that somebody stays super admin who can sign in when this one stops to be. Locks all of them, so that two
 * who go at the same time wait for each other.
 * @throws ConflictError `LAST_SUPER_ADMIN`
 */
export async function requireAnotherSuperAdmin(tx: Transaction, userId: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from users where super_admin = ? and status = 'active' order by id for update`,
    [true],
  );
  if (!rows.some(({ id }) => id !== userId)) throw lastSuperAdmin();
}
