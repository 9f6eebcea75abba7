import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { idProperty } from '../../database/base.entity.js';

const schema = defineEntity({
  name: 'BrokerChange',
  tableName: 'broker_changes',
  indexes: [
    { name: 'broker_changes_urgent_due_at_index', properties: ['urgent', 'dueAt'] },
    { name: 'broker_changes_device_id_index', properties: ['deviceId'] },
  ],
  properties: {
    ...idProperty,
    municipalityId: p.uuid(),
    /** Null: all devices of the municipality. No foreign key: a deleted device is a change too. */
    deviceId: p.string().length(64).nullable(),
    /** Somebody may lose a right by it; such changes are applied before all others. */
    urgent: p.boolean(),
    /** Not before this: now, the end of a credential, or the next attempt. */
    dueAt: p.datetime(3),
    attempts: p.integer().default(0),
  },
});

/** A device whose rights at the broker have to be brought in step; written in the transaction of what changed. */
export class BrokerChange extends schema.class {}
schema.setClass(BrokerChange);
notAudited(BrokerChange, 'A list of work; the changes that led to it are audited themselves.');
