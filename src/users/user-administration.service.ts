import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { AccountAccess } from './account-access.js';
import { Membership } from './membership.entity.js';
import type { Principal } from './principal.js';
import { requireSuperAdmin } from './rights.js';
import {
  emailTaken,
  membershipNotFound,
  needsMembership,
  noSecondFactor,
  notInvited,
  ownAccount,
  userHasHistory,
  userNotFound,
} from './user.errors.js';
import { User } from './user.entity.js';
import type { InviteUser, PatchUser } from './user-administration.schemas.js';
import { grantableRole, requireAnotherSuperAdmin, requireToAdminister, requireToHoldRole } from './user-rights.js';

/** Invites people, gives them roles, disables and deletes their accounts. */
@Injectable()
export class UserAdministrationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly registry: RegistryVersion,
    private readonly modules: ModuleRef,
  ) {}

  /** Sign-in stands above this room and is found when it is needed. */
  private get access(): AccountAccess {
    return this.modules.get(AccountAccess, { strict: false });
  }

  /**
   * Makes an account without a password and sends its owner a link to choose one.
   * @returns the id of the account
   * @throws ConflictError `EMAIL_TAKEN`; ForbiddenError for more rights than the caller has; NotFoundError
   *   `MUNICIPALITY_NOT_FOUND`; ValidationError for an unknown role
   */
  invite(actor: Principal, { memberships, superAdmin, ...account }: InviteUser): Promise<string> {
    if (superAdmin) requireSuperAdmin(actor);
    return this.change(async (tx) => {
      const user = tx.em.create(User, { ...account, superAdmin, status: 'invited' });
      for (const [i, { municipalityId, role: code }] of memberships.entries()) {
        const role = await grantableRole(tx, actor, municipalityId, code, `memberships.${i}.role`);
        tx.em.create(Membership, { userId: user.id, municipalityId, roleId: role.id });
      }
      await tx.em.flush();
      await this.access.invite(tx, user);
      return user.id;
    });
  }

  /** Sends the link again; the one before ends. @throws NotFoundError `USER_NOT_FOUND`; ConflictError `USER_NOT_INVITED` */
  async inviteAgain(actor: Principal, id: string): Promise<void> {
    await this.change(async (tx) => {
      const user = await this.lock(tx, id);
      await requireToAdminister(tx, actor, user);
      if (user.status !== 'invited') throw notInvited();
      await this.access.invite(tx, user);
    });
  }

  /**
   * Changes an account. Disabling it ends all of its sessions.
   * @throws NotFoundError `USER_NOT_FOUND`; ForbiddenError for an account beyond the caller's rights; ConflictError
   *   `VERSION_CONFLICT`, `EMAIL_TAKEN`, `LAST_SUPER_ADMIN`; ValidationError for nobody's account
   */
  async update(actor: Principal, id: string, patch: PatchUser, expected: ExpectedVersion): Promise<void> {
    const { name, email, status, superAdmin } = patch;
    if (superAdmin !== undefined) requireSuperAdmin(actor);
    if (status === 'disabled' && id === actor.id && !actor.superAdmin) throw ownAccount();
    await this.change(async (tx) => {
      const user = await this.lock(tx, id);
      await requireToAdminister(tx, actor, user);
      requireVersion(user, expected);
      const stops = status === 'disabled' || superAdmin === false;
      if (user.superAdmin && user.status === 'active' && stops) await requireAnotherSuperAdmin(tx, id);
      if (superAdmin !== undefined) await this.changeSuperAdmin(tx, user, superAdmin);
      if (status !== undefined) user.status = status === 'active' && !user.passwordHash ? 'invited' : status;
      if (name !== undefined) user.name = name;
      const moved = email !== undefined && email !== user.email;
      if (moved) user.email = email;
      await tx.em.flush();
      // A link or session that the old address was good for must not outlive it.
      if (status === 'disabled' || moved) await this.access.endSessions(tx, id);
    });
  }

  /**
   * Switches off the second factor of somebody who lost it; they sign in with their password alone until they make
   * another one.
   * @throws NotFoundError `USER_NOT_FOUND`; ForbiddenError as {@link update}; ConflictError `SECOND_FACTOR_NOT_ENROLLED`
   */
  async removeSecondFactor(actor: Principal, id: string): Promise<void> {
    await this.change(async (tx) => {
      const user = await this.lock(tx, id);
      await requireToAdminister(tx, actor, user);
      if (!(await this.access.removeSecondFactor(tx, user))) throw noSecondFactor();
    });
  }

  /**
   * Gives somebody a role in a municipality, or another one than before.
   * @throws NotFoundError `USER_NOT_FOUND`, `MUNICIPALITY_NOT_FOUND`; ForbiddenError `BEYOND_OWN_RIGHTS` for the new
   *   role and for the old one
   */
  async setRole(actor: Principal, id: string, municipalityId: string, code: string): Promise<void> {
    await this.change(async (tx) => {
      const user = await this.lock(tx, id);
      if (user.superAdmin) throw needsMembership('superAdmin', 'A super admin belongs to no municipality.');
      const role = await grantableRole(tx, actor, municipalityId, code, 'role');
      const membership = await tx.em.findOne(Membership, { userId: id, municipalityId });
      if (membership) {
        await requireToHoldRole(tx, actor, municipalityId, membership.roleId);
        membership.roleId = role.id;
      } else tx.em.create(Membership, { userId: id, municipalityId, roleId: role.id });
      await tx.em.flush();
    });
  }

  /**
   * Takes somebody's role in a municipality. Without any other they can no longer sign in.
   * @throws NotFoundError `USER_NOT_FOUND`, `MEMBERSHIP_NOT_FOUND`; ForbiddenError `BEYOND_OWN_RIGHTS`
   */
  async removeRole(actor: Principal, id: string, municipalityId: string): Promise<void> {
    await this.change(async (tx) => {
      await this.lock(tx, id);
      const membership = await tx.em.findOne(Membership, { userId: id, municipalityId });
      if (!membership) throw membershipNotFound();
      await requireToHoldRole(tx, actor, municipalityId, membership.roleId);
      tx.em.remove(membership);
      await tx.em.flush();
    });
  }

  /** Deletes an account that nobody ever signed in with. @throws as {@link update}; ConflictError `USER_HAS_HISTORY` */
  async remove(actor: Principal, id: string, expected: ExpectedVersion): Promise<void> {
    await this.change(async (tx) => {
      const user = await this.lock(tx, id);
      await requireToAdminister(tx, actor, user);
      requireVersion(user, expected);
      if (user.lastLoginAt) throw userHasHistory();
      if (user.superAdmin && user.status === 'active') await requireAnotherSuperAdmin(tx, id);
      for (const membership of await tx.em.find(Membership, { userId: id }, { filters: { tenant: false } })) {
        tx.em.remove(membership);
      }
      await this.access.endSessions(tx, id);
      tx.em.remove(user);
      await tx.em.flush();
    });
  }

  /** A super admin has no memberships, and nobody else is without one. */
  private async changeSuperAdmin(tx: Transaction, user: User, superAdmin: boolean): Promise<void> {
    const memberships = await tx.em.find(Membership, { userId: user.id });
    if (superAdmin) for (const membership of memberships) tx.em.remove(membership);
    user.superAdmin = superAdmin;
  }

  /** Sees only people of the caller's municipalities; the lock itself looks at the row alone. */
  private async lock(tx: Transaction, id: string): Promise<User> {
    if ((await tx.em.count(User, { id })) === 0) throw userNotFound();
    const options = { lockMode: LockMode.PESSIMISTIC_WRITE, filters: { tenant: false } } as const;
    const user = await tx.em.findOne(User, { id }, options);
    if (user === null) throw userNotFound();
    return user;
  }

  private async change<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.transactions.run(async (tx) => {
        const result = await work(tx);
        await this.registry.bump(tx);
        return result;
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) === 'users_email_unique') throw emailTaken(error);
      throw error;
    }
  }
}
