import { defineEntity, p } from '@mikro-orm/core';
import { idProperty, timestampProperties } from '../database/base.entity.js';

const schema = defineEntity({
  name: 'Municipality',
  tableName: 'municipalities',
  properties: {
    ...idProperty,
    code: p.string().length(64).unique(),
    name: p.string().length(200),
    timeZone: p.string().length(64).default('UTC'),
    status: p.string().length(16).$type<'active' | 'suspended'>().default('active'),
    ...timestampProperties,
  },
});

/** A tenant: one municipality of the country, with the IANA time zone that its days and months are counted in. */
export class Municipality extends schema.class {}
schema.setClass(Municipality);
