import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';

/** What carries the messages of a protocol. */
export const TRANSPORTS = ['mqtt', 'http', 'coap', 'lorawan', 'modbus', 'other'] as const;
export type Transport = (typeof TRANSPORTS)[number];

const schema = defineEntity({
  name: 'Protocol',
  tableName: 'protocols',
  properties: {
    ...idProperty,
    /** snake_case; devices name it. */
    code: p.string().length(64).unique(),
    name: p.string().length(200),
    description: p.string().length(500).default(''),
    transport: p.string().length(16).$type<Transport>(),
    /** Checked by the schema of the transport; holds no secret. */
    settings: p.json<Record<string, unknown>>(),
    /** A disabled one is not given to further devices. */
    enabled: p.boolean().default(true),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A way in which devices talk, for the whole country. A catalogue for people: what is accepted is decided elsewhere. */
export class Protocol extends schema.class {}
schema.setClass(Protocol);
audited(Protocol, { type: 'protocol', label: ({ code }) => code, chains: () => [null] });
