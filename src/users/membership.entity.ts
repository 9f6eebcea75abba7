import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { Role } from './role.entity.js';
import { User } from './user.entity.js';

const schema = defineEntity({
  name: 'Membership',
  tableName: 'memberships',
  filters: tenantFilter(),
  properties: {
    userId: () =>
      p.manyToOne(User).mapToPk().primary().fieldName('user_id').deleteRule('cascade').updateRule('no action'),
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .primary()
        .fieldName('municipality_id')
        .deleteRule('no action')
        .updateRule('no action')
        .index('memberships_municipality_id_index'),
    roleId: () =>
      p.manyToOne(Role).mapToPk().fieldName('role_id').deleteRule('no action').index('memberships_role_id_index'),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** The role that a person has in one municipality or region. */
export class Membership extends schema.class {}
schema.setClass(Membership);
audited(Membership, {
  type: 'membership',
  // The history of a person's roles is asked for by the person.
  id: ({ userId }) => userId,
  chains: ({ municipalityId }) => [municipalityId],
});
