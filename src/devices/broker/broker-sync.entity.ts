import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';

/** The only row there is. */
export const RIGHTS_SYNC = 'rights';

const schema = defineEntity({
  name: 'BrokerSync',
  tableName: 'broker_sync',
  properties: {
    name: p.string().length(32).primary(),
    /** Counts the times that somebody changed the broker: who finds another number knows that the broker is not as he left it. */
    epoch: p.bigint('number').unsigned(false),
    /** End of the last comparison of everything, and how many devices, roles and defaults it found different. */
    reconciledAt: p.datetime(3).nullable(),
    differences: p.integer().default(0),
    /** Devices with an MQTT credential whose password is not stored, so that the broker cannot be told. */
    unknownPasswords: p.integer().default(0),
  },
});

/** State of the work on the broker's rights, of all instances together; its row is also the lock for that work. */
export class BrokerSync extends schema.class {}
schema.setClass(BrokerSync);
notAudited(BrokerSync, 'Progress of a job.');
