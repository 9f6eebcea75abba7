import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { idProperty } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import type { AuditActorKind, AuditOutcome } from './audit-entry.js';

const index = (...properties: string[]) => ({
  name: `audit_logs_${properties.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('_')}_index`,
  properties: properties as never[],
});

const schema = defineEntity({
  name: 'AuditRecord',
  tableName: 'audit_logs',
  filters: tenantFilter(),
  indexes: [
    index('municipalityId', 'occurredAt', 'id'),
    index('occurredAt', 'id'),
    index('actorId', 'occurredAt', 'id'),
    index('recordType', 'recordId', 'occurredAt', 'id'),
    index('action', 'occurredAt', 'id'),
  ],
  properties: {
    ...idProperty,
    /** Whose chain the row stands in; no foreign key, since the log outlives what it tells of. */
    municipalityId: p.uuid().nullable().fieldName('municipality_id'),
    occurredAt: p.datetime(3),
    actorKind: p.string().length(16).$type<AuditActorKind>(),
    actorId: p.string().length(128).nullable(),
    actorLabel: p.string().length(254).nullable(),
    address: p.string().length(64).nullable(),
    userAgent: p.string().length(512).nullable(),
    requestId: p.string().length(128).nullable().index('audit_logs_request_id_index'),
    operation: p.string().length(200).nullable(),
    action: p.string().length(64),
    outcome: p.string().length(16).$type<AuditOutcome>(),
    recordType: p.string().length(64).nullable(),
    recordId: p.string().length(128).nullable(),
    recordLabel: p.string().length(254).nullable(),
    /** JSON text of what changed; as text, because its bytes are sealed. */
    changes: p.text().nullable(),
  },
});

/** A row of the audit log; written once, never changed. */
export class AuditRecord extends schema.class {}
schema.setClass(AuditRecord);
notAudited(AuditRecord, 'It is the audit log.');
