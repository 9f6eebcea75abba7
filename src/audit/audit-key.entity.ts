import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';

const schema = defineEntity({
  name: 'AuditKey',
  tableName: 'audit_keys',
  properties: {
    /** SHA-256 of the public key (SPKI, DER), hexadecimal. */
    id: p.string().length(64).primary(),
    /** Counts the keys from 1; unique, so that of two instances that make a key one wins. */
    generation: p.integer().unsigned(false).unique('audit_keys_generation_unique'),
    /** SPKI, PEM. */
    publicKey: p.string().length(500),
    /** PKCS #8, PEM, under AES-256-GCM. */
    privateKeyEncrypted: p.string().length(1000).hidden(),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** A key that anchors are signed with. */
export class AuditKey extends schema.class {}
schema.setClass(AuditKey);
notAudited(AuditKey, 'It signs the audit log.');
