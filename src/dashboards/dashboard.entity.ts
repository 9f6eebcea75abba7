import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { currentActor } from '../common/request-context/request-context.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { User } from '../users/user.entity.js';
import type { Layout } from './layout.schemas.js';

/** Keeps personal dashboards to their owner; whoever has no name sees those only that are shared. */
const ownerFilter = {
  owner: {
    name: 'owner',
    default: true,
    cond: () => {
      const actor = currentActor();
      const own = actor?.kind === 'user' ? [{ ownerId: actor.id }] : [];
      return { $or: [{ ownerId: null }, ...own] };
    },
  },
};

const schema = defineEntity({
  name: 'Dashboard',
  tableName: 'dashboards',
  filters: { ...tenantFilter(), ...ownerFilter },
  indexes: [{ name: 'dashboards_municipality_id_id_index', properties: ['municipalityId', 'id'] }],
  properties: {
    ...idProperty,
    municipalityId: () => p.manyToOne(Municipality).mapToPk().fieldName('municipality_id').deleteRule('cascade'),
    /** Null: shared with everybody of the municipality who sees dashboards. */
    ownerId: () =>
      p
        .manyToOne(User)
        .mapToPk()
        .nullable()
        .fieldName('owner_id')
        // The tenant filter of people would join them, and show what somebody else owns as owned by nobody.
        .filters({ tenant: false })
        .deleteRule('cascade')
        .index('dashboards_owner_id_index'),
    name: p.string().length(200),
    layout: p.json<Layout>(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** An arrangement of widgets: a municipality's, or one person's own. */
export class Dashboard extends schema.class {}
schema.setClass(Dashboard);
audited(Dashboard, { type: 'dashboard', label: ({ name }) => name, chains: ({ municipalityId }) => [municipalityId] });
