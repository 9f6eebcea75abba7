import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { textContains } from '../database/text-search.js';
import { Membership } from './membership.entity.js';
import { SUPER_ADMIN } from './principal.js';
import { Role } from './role.entity.js';
import type { UserWithRoles } from './user-administration.mapper.js';
import type { ListUsers } from './user-administration.schemas.js';
import { userNotFound } from './user.errors.js';
import { User } from './user.entity.js';

const cursorSchema = z.tuple([z.guid()]);

/** Finds people of the caller's municipalities, with the roles that they have there. */
@Injectable()
export class UserQueriesService {
  constructor(private readonly em: EntityManager) {}

  /** People in the order in which their accounts were made. */
  async list(query: ListUsers): Promise<Page<UserWithRoles>> {
    const em = this.em.fork();
    const [after] = startAfter(query, cursorSchema) ?? [];
    const { municipalityId, role, status, search } = query;
    const where: FilterQuery<User>[] = [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (status !== undefined) where.push({ status });
    if (search !== undefined) where.push(textContains(['name', 'email'], search));
    if (role === SUPER_ADMIN) where.push({ superAdmin: true });
    else if (role !== undefined || municipalityId !== undefined) {
      where.push({ id: { $in: await membersOf(em, municipalityId, role) } });
    }
    const users = await em.find(User, { $and: where }, { orderBy: { id: 'asc' }, limit: query.limit + 1 });
    return pageOf(await withRoles(em, users), query.limit, ({ user }) => [user.id]);
  }

  /** @throws NotFoundError `USER_NOT_FOUND`, also for somebody of none of the caller's municipalities */
  async get(id: string): Promise<UserWithRoles> {
    const em = this.em.fork();
    const user = await em.findOne(User, { id });
    if (user === null) throw userNotFound();
    const [found] = await withRoles(em, [user]);
    if (found === undefined) throw userNotFound();
    return found;
  }
}

/** Ids of those who have a role in the municipality, or this role in one that the caller may see. */
async function membersOf(em: EntityManager, municipalityId?: string, code?: string): Promise<string[]> {
  const where: FilterQuery<Membership>[] = [];
  if (municipalityId !== undefined) where.push({ municipalityId });
  if (code !== undefined) where.push({ roleId: { $in: (await em.find(Role, { code })).map(({ id }) => id) } });
  const memberships = await em.find(Membership, { $and: where }, { fields: ['userId'] });
  return memberships.map(({ userId }) => userId);
}

/** Two statements for a page of people, however many they are. */
async function withRoles(em: EntityManager, users: readonly User[]): Promise<UserWithRoles[]> {
  const userIds = users.map(({ id }) => id);
  const orderBy = { createdAt: 'asc', municipalityId: 'asc' } as const;
  const memberships = await em.find(Membership, { userId: { $in: userIds } }, { orderBy });
  const roles = await em.find(
    Role,
    { id: { $in: [...new Set(memberships.map(({ roleId }) => roleId))] } },
    // A region's role is seen by those who see its holder in one of the region's municipalities.
    { filters: { tenant: false } },
  );
  const codes = new Map(roles.map(({ id, code }) => [id, code]));
  return users.map((user) => ({
    user,
    memberships: memberships
      .filter(({ userId }) => userId === user.id)
      .map(({ municipalityId, roleId }) => ({ municipalityId, role: codes.get(roleId) ?? '' })),
  }));
}
