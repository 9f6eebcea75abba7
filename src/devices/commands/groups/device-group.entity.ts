import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../../database/audited.js';
import { idProperty, timestampProperties } from '../../../database/base.entity.js';
import { tenantFilter } from '../../../database/tenant.filter.js';
import { Municipality } from '../../../municipalities/municipality.entity.js';

const schema = defineEntity({
  name: 'DeviceGroup',
  tableName: 'device_groups',
  filters: tenantFilter(),
  uniques: [{ name: 'device_groups_municipality_id_name_unique', properties: ['municipalityId', 'name'] }],
  indexes: [{ name: 'device_groups_municipality_id_id_index', properties: ['municipalityId', 'id'] }],
  properties: {
    ...idProperty,
    municipalityId: () => p.manyToOne(Municipality).mapToPk().fieldName('municipality_id'),
    name: p.string().length(200),
    description: p.string().length(500).default(''),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** Devices of one municipality that are told things together. */
export class DeviceGroup extends schema.class {}
schema.setClass(DeviceGroup);
audited(DeviceGroup, {
  type: 'device_group',
  label: ({ name }) => name,
  chains: ({ municipalityId }) => [municipalityId],
});
