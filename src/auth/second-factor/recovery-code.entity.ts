import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { User } from '../../users/user.entity.js';

const schema = defineEntity({
  name: 'RecoveryCode',
  tableName: 'recovery_codes',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().primary().fieldName('user_id').deleteRule('cascade'),
    /** SHA-256 in hex, with the person's id in it; 80 random bits need no slow hash. */
    codeHash: p.string().length(64).primary().hidden(),
    usedAt: p.datetime(3).nullable(),
  },
});

/** Stands in for a one-time code once, when the phone is lost. */
export class RecoveryCode extends schema.class {}
schema.setClass(RecoveryCode);
notAudited(RecoveryCode, 'Codes are made with the second factor and used by sign-ins, which the log tells of.');
