import { defineEntity, p, raw } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';

/** Whether an account can be used: not before the invitation is taken up, and not while it is disabled. */
export const USER_STATUSES = ['invited', 'active', 'disabled'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/**
 * The tenant filter of people: whoever has a role in one of the caller's municipalities. Super admins have none, so
 * only those who see the whole country see them. Fails closed, as that of other entities.
 */
const tenant = {
  name: 'tenant',
  default: true,
  cond: () => {
    const scope = requireTenantScope();
    if (scope.kind === 'all') return {};
    const ids = [...scope.municipalityIds];
    if (ids.length === 0) return { id: { $in: [] } };
    return {
      id: {
        $in: raw(`(select user_id from memberships where municipality_id in (${ids.map(() => '?').join(', ')}))`, ids),
      },
    };
  },
};

const schema = defineEntity({
  name: 'User',
  tableName: 'users',
  filters: { tenant },
  properties: {
    ...idProperty,
    /** Lower case; unique over the whole installation. */
    email: p.string().length(254).unique(),
    name: p.string().length(200),
    /** argon2id in PHC string format; never leaves the users room. Null until the invitation is taken up. */
    passwordHash: p.string().length(255).nullable().hidden(),
    passwordChangedAt: p.datetime(3).nullable(),
    /** May do everything everywhere, and belongs to no municipality. */
    superAdmin: p.boolean().default(false).fieldName('super_admin'),
    status: p.string().length(16).$type<UserStatus>().default('active'),
    lastLoginAt: p.datetime(3).nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A person who signs in. What they may do, and where, their memberships say. */
export class User extends schema.class {}
schema.setClass(User);
audited(User, {
  type: 'user',
  label: ({ email }) => email,
  chains: async ({ id }, lookup) => {
    const sql = 'select municipality_id from memberships where user_id = ? order by municipality_id';
    return (await lookup<{ municipality_id: string }>(sql, [id])).map((row) => row.municipality_id);
  },
  ignore: ['lastLoginAt'],
});
