import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'AuditAnchor',
  tableName: 'audit_anchors',
  properties: {
    chain: p.string().length(36).primary(),
    /** The day (UTC) whose last sealed row is signed, `YYYY-MM-DD`. */
    day: p.string().length(10),
    position: p.bigint('number').unsigned(false).autoincrement(false).primary(),
    hash: p.string().length(64),
    /** Ed25519, base64. */
    signature: p.string().length(128),
    keyId: p.string().length(64),
    createdAt: p.datetime(3).onCreate(() => new Date()),
    /** When the witness of the municipality took it. */
    witnessedAt: p.datetime(3).nullable(),
  },
});

/** A signature on where a chain stood at the end of a day. */
export class AuditAnchor extends schema.class {}
schema.setClass(AuditAnchor);
notAudited(AuditAnchor, 'It is an anchor of the audit log.');
