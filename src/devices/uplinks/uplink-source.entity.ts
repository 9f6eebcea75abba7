import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';

/** Network servers whose webhooks are understood. */
export const UPLINK_KINDS = ['chirpstack', 'tts'] as const;
export type UplinkKind = (typeof UPLINK_KINDS)[number];

const schema = defineEntity({
  name: 'UplinkSource',
  tableName: 'uplink_sources',
  filters: tenantFilter(),
  properties: {
    ...idProperty,
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('municipality_id')
        .deleteRule('cascade')
        .index('uplink_sources_municipality_id_index'),
    kind: p.string().length(16).$type<UplinkKind>(),
    name: p.string().length(200),
    /** Public part of the token, to find the row by. */
    tokenPrefix: p.string().length(32).unique('uplink_sources_token_prefix_unique').hidden(),
    tokenHash: p.string().length(255).hidden(),
    enabled: p.boolean().default(true),
    /** To the minute. */
    lastUsedAt: p.datetime(3).nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A LoRaWAN network server that hands over what the devices of one municipality send. */
export class UplinkSource extends schema.class {}
schema.setClass(UplinkSource);
audited(UplinkSource, {
  type: 'uplink_source',
  label: ({ name }) => name,
  chains: ({ municipalityId }) => [municipalityId],
  ignore: ['lastUsedAt'],
});
