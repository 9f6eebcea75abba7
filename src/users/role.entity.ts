import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { Permission } from './permissions.js';

const schema = defineEntity({
  name: 'Role',
  tableName: 'roles',
  filters: tenantFilter({ shared: true }),
  uniques: [{ name: 'roles_municipality_id_code_unique', properties: ['municipalityId', 'code'] }],
  properties: {
    ...idProperty,
    /** Null: a built-in role, known everywhere. */
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().nullable().fieldName('municipality_id').deleteRule('cascade'),
    code: p.string().length(64),
    name: p.string().length(200),
    description: p.string().length(500).default(''),
    /** Null for a built-in role: what it allows is a part of the release. */
    permissions: p.json<readonly Permission[]>().nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** What people may do: a built-in role, or one that a municipality made for itself. */
export class Role extends schema.class {}
schema.setClass(Role);
audited(Role, { type: 'role', label: ({ code }) => code, chains: ({ municipalityId }) => [municipalityId] });
