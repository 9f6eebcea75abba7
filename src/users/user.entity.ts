import { defineEntity, p } from '@mikro-orm/core';
import { idProperty, timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { RoleCode } from './role-code.js';

const schema = defineEntity({
  name: 'User',
  tableName: 'users',
  filters: tenantFilter(),
  properties: {
    ...idProperty,
    /** Lower case; unique over the whole installation. */
    email: p.string().length(254).unique(),
    name: p.string().length(200),
    /** argon2id in PHC string format; never leaves the users room. */
    passwordHash: p.string().length(255).hidden(),
    role: p.string().length(32).$type<RoleCode>(),
    /** Null for a super admin, who belongs to no municipality. */
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().nullable().fieldName('municipality_id').deleteRule('no action'),
    status: p.string().length(16).$type<'active' | 'disabled'>().default('active'),
    lastLoginAt: p.datetime(3).nullable(),
    ...timestampProperties,
  },
});

/** A person who signs in. */
export class User extends schema.class {}
schema.setClass(User);
