import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';

/** Whom to ask about a municipality. */
export interface Contact {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

const schema = defineEntity({
  name: 'Municipality',
  tableName: 'municipalities',
  properties: {
    ...idProperty,
    code: p.string().length(64).unique(),
    name: p.string().length(200),
    kind: p.string().length(16).$type<'region' | 'municipality'>().default('municipality'),
    /** The region that the municipality lies in; a region lies in none. */
    parentId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .nullable()
        .fieldName('parent_id')
        .deleteRule('no action')
        .index('municipalities_parent_id_index'),
    timeZone: p.string().length(64).default('UTC'),
    /** BCP 47 tag of the language in which the municipality's people are written to. */
    language: p.string().length(16).default('en'),
    /** Days that readings are kept; null: for ever. */
    retentionDays: p.integer().nullable(),
    contact: p.json<Contact>().nullable(),
    /** Where the signed anchors of the audit log are sent, out of this installation's reach. */
    witnessUrl: p.string().length(2048).nullable(),
    status: p.string().length(16).$type<'active' | 'suspended'>().default('active'),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/**
 * A tenant: one municipality of the country, or a region that holds several, with the IANA time zone that its days and
 * months are counted in.
 */
export class Municipality extends schema.class {}
schema.setClass(Municipality);
audited(Municipality, { type: 'municipality', label: ({ code }) => code, chains: ({ id }) => [id] });
