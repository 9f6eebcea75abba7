import { defineEntity, p } from '@mikro-orm/core';
import { idProperty, timestampProperties } from '../database/base.entity.js';

/** Whether an account can be used: not before the invitation is taken up, and not while it is disabled. */
export const USER_STATUSES = ['invited', 'active', 'disabled'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

const schema = defineEntity({
  name: 'User',
  tableName: 'users',
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

/**
 * A person who signs in. People belong to municipalities by their memberships, so no filter keeps this entity to a
 * tenant: whoever reads it for somebody else goes through the memberships that they may see.
 */
export class User extends schema.class {}
schema.setClass(User);
