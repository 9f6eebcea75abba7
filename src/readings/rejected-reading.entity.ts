import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { idProperty } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { RejectCode } from './reject-code.js';

const schema = defineEntity({
  name: 'RejectedReading',
  tableName: 'rejected_readings',
  filters: tenantFilter(),
  indexes: [{ name: 'rejected_readings_municipality_id_id_index', properties: ['municipalityId', 'id'] }],
  properties: {
    ...idProperty,
    /** Null when the device is unknown: then only a super admin sees it. */
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().nullable().fieldName('municipality_id').deleteRule('cascade'),
    deviceId: p.string().length(128).nullable().index('rejected_readings_device_id_index'),
    source: p.string().length(8).$type<'mqtt' | 'http'>(),
    /** Place in the message's list of reading sets, from 0. */
    index: p.integer().nullable().fieldName('set_index'),
    metric: p.string().length(128).nullable(),
    instant: p.datetime(3).nullable(),
    code: p.string().length(32).$type<RejectCode>(),
    reason: p.string().length(500),
    /** The beginning of what was sent, as text; at most 2,000 characters. */
    excerpt: p.string().length(2000).nullable(),
    requestId: p.string().length(128).nullable(),
    receivedAt: p.datetime(3),
  },
});

/** A value, a reading set or a message that was not stored, and why. */
export class RejectedReading extends schema.class {}
schema.setClass(RejectedReading);
notAudited(RejectedReading, 'Devices cause it; it is a record of its own.');
