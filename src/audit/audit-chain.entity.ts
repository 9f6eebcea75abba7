import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'AuditChain',
  tableName: 'audit_chains',
  properties: {
    /** Id of the municipality, or `national`. */
    chain: p.string().length(36).primary(),
    /** Of the last sealed row; 0 before the first. */
    position: p.bigint('number').unsigned(false),
    hash: p.string().length(64),
    sealedAt: p.datetime(3),
    /** Position of the last anchor; 0 before the first. */
    anchoredPosition: p.bigint('number').unsigned(false),
  },
});

/** The head of a chain; whoever extends the chain locks it first. */
export class AuditChain extends schema.class {}
schema.setClass(AuditChain);
notAudited(AuditChain, 'It is the head of a chain of the audit log.');
