import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'AuditPending',
  tableName: 'audit_pending',
  properties: {
    chain: p.string().length(36).primary(),
    auditId: p.uuid().primary().fieldName('audit_id'),
  },
});

/** A row of the audit log that the sealer has still to link into its chain. */
export class AuditPending extends schema.class {}
schema.setClass(AuditPending);
notAudited(AuditPending, 'A list of work of the audit log itself.');
