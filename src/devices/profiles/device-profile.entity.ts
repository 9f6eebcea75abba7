import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import type { ProfileDefinition, ProfileFormat } from './profile-definition.js';

/** Owner of the profiles that every municipality may use. */
export const NATIONAL_OWNER = 'national';

const schema = defineEntity({
  name: 'DeviceProfile',
  tableName: 'device_profiles',
  filters: tenantFilter({ shared: true }),
  uniques: [{ name: 'device_profiles_owner_code_unique', properties: ['owner', 'code'] }],
  properties: {
    ...idProperty,
    /** Null: for the whole country. */
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .nullable()
        .fieldName('municipality_id')
        .deleteRule('cascade')
        .index('device_profiles_municipality_id_index'),
    /** The municipality's id or `national`: databases take any number of nulls in a unique key. */
    owner: p.string().length(36),
    /** snake_case; devices name it. */
    code: p.string().length(64),
    name: p.string().length(200),
    description: p.string().length(500).default(''),
    format: p.string().length(32).$type<ProfileFormat>(),
    /** Data and no code: checked by the schema of its format. */
    definition: p.json<ProfileDefinition>(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** How the payloads of a make of devices are read: which of its fields is which metric. */
export class DeviceProfile extends schema.class {}
schema.setClass(DeviceProfile);
audited(DeviceProfile, {
  type: 'device_profile',
  label: ({ code }) => code,
  chains: ({ municipalityId }) => [municipalityId ?? null],
});
