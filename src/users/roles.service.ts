import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { textContains } from '../database/text-search.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { Membership } from './membership.entity.js';
import { NATIONAL_PERMISSIONS, type Permission } from './permissions.js';
import type { Principal } from './principal.js';
import { permissionsOfRole, requireToHold } from './rights.js';
import { ROLE_CODES } from './role-code.js';
import { Role } from './role.entity.js';
import type { CreateRole, ListRoles, PatchRole } from './role.schemas.js';
import {
  builtInRole,
  municipalityNotFound,
  nationalPermissions,
  needsMembership,
  roleExists,
  roleInUse,
  roleNotFound,
} from './user.errors.js';

const cursorSchema = z.tuple([z.guid()]);

/** Reads the roles that the caller may see, and changes those that municipalities made for themselves. */
@Injectable()
export class RolesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly registry: RegistryVersion,
  ) {}

  /** Roles in the order of their making, built-in ones first. */
  async list(query: ListRoles): Promise<Page<Role>> {
    const [after] = startAfter(query, cursorSchema) ?? [];
    const { municipalityId, builtIn, search } = query;
    const where: FilterQuery<Role>[] = [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (municipalityId !== undefined) where.push({ $or: [{ municipalityId }, { municipalityId: null }] });
    if (builtIn !== undefined) where.push({ municipalityId: builtIn ? null : { $ne: null } });
    if (search !== undefined) where.push(textContains(['code', 'name'], search));
    const roles = await this.em.fork().find(Role, { $and: where }, { orderBy: { id: 'asc' }, limit: query.limit + 1 });
    return pageOf(roles, query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `ROLE_NOT_FOUND` */
  async get(id: string): Promise<Role> {
    const role = await this.em.fork().findOne(Role, { id });
    if (role === null) throw roleNotFound();
    return role;
  }

  /**
   * Makes a role of a municipality.
   * @throws ForbiddenError `BEYOND_OWN_RIGHTS`; ValidationError for national permissions; ConflictError
   *   `ROLE_ALREADY_EXISTS`; NotFoundError `MUNICIPALITY_NOT_FOUND`
   */
  async create(actor: Principal, { municipalityId: stated, ...values }: CreateRole): Promise<Role> {
    if ((ROLE_CODES as readonly string[]).includes(values.code)) throw roleExists(values.code);
    try {
      return await this.transactions.run(async (tx) => {
        const municipalityId = await ownerOf(tx.em, stated);
        requireGrantable(actor, municipalityId, values.permissions);
        const role = tx.em.create(Role, { ...values, municipalityId });
        await tx.em.flush();
        return role;
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) !== 'roles_municipality_id_code_unique') throw error;
      throw roleExists(values.code, error);
    }
  }

  /**
   * Changes a role; whoever has it is held to the change within a second.
   * @throws NotFoundError `ROLE_NOT_FOUND`; ForbiddenError `BUILT_IN_ROLE`, `BEYOND_OWN_RIGHTS`; ConflictError
   *   `VERSION_CONFLICT`
   */
  update(actor: Principal, id: string, patch: PatchRole, expected: ExpectedVersion): Promise<Role> {
    return this.transactions.run(async (tx) => {
      const role = await this.lockOwn(tx, actor, id, expected);
      if (patch.permissions) requireGrantable(actor, role.municipalityId!, patch.permissions);
      const { name, description, permissions } = patch;
      tx.em.assign(role, { name, description, permissions }, { ignoreUndefined: true });
      await tx.em.flush();
      await this.registry.bump(tx);
      return role;
    });
  }

  /** @throws as {@link update}, and ConflictError `ROLE_IN_USE` */
  async remove(actor: Principal, id: string, expected: ExpectedVersion): Promise<void> {
    await this.transactions.run(async (tx) => {
      const role = await this.lockOwn(tx, actor, id, expected);
      if ((await tx.em.count(Membership, { roleId: id }, { filters: { tenant: false } })) > 0) throw roleInUse();
      tx.em.remove(role);
      await tx.em.flush();
    });
  }

  /** A role of a municipality, locked; also who takes rights away from it has to have them. */
  private async lockOwn(tx: Transaction, actor: Principal, id: string, expected: ExpectedVersion): Promise<Role> {
    const seen = await tx.em.findOne(Role, { id });
    if (seen === null) throw roleNotFound();
    if (!seen.municipalityId) throw builtInRole();
    const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true, filters: { tenant: false } } as const;
    const role = await tx.em.findOne(Role, { id }, options);
    if (!role?.municipalityId) throw roleNotFound();
    requireToHold(actor, role.municipalityId, permissionsOfRole(role));
    requireVersion(role, expected);
    return role;
  }
}

function requireGrantable(actor: Principal, municipalityId: string, permissions: readonly Permission[]): void {
  const national = permissions.filter((permission) => NATIONAL_PERMISSIONS.has(permission));
  if (national.length > 0) throw nationalPermissions(national);
  requireToHold(actor, municipalityId, permissions);
}

/** The municipality that a new role is for: the one stated, or the caller's only one. */
async function ownerOf(em: EntityManager, stated: string | undefined): Promise<string> {
  const scope = requireTenantScope();
  const only = scope.kind === 'all' || scope.municipalityIds.length !== 1 ? undefined : scope.municipalityIds[0];
  const id = stated ?? only;
  if (id === undefined) throw needsMembership('municipalityId', 'Name the municipality that the role is for.');
  const visible = scope.kind === 'all' || scope.municipalityIds.includes(id);
  if (!visible || (await em.count(Municipality, { id })) === 0) throw municipalityNotFound();
  return id;
}
