import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'AuditSeal',
  tableName: 'audit_seals',
  properties: {
    chain: p.string().length(36).primary(),
    /** Gapless per chain, from 1. */
    position: p.bigint('number').unsigned(false).autoincrement(false).primary(),
    auditId: p.uuid().fieldName('audit_id').unique('audit_seals_audit_id_unique'),
    /** SHA-256 over the hash before and the row, hexadecimal. */
    hash: p.string().length(64),
  },
});

/** The place of an audit row in its chain; written once, never changed. */
export class AuditSeal extends schema.class {}
schema.setClass(AuditSeal);
notAudited(AuditSeal, 'It is the chain of the audit log.');
