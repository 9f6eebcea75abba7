import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { User } from '../../users/user.entity.js';

const schema = defineEntity({
  name: 'SecondFactor',
  tableName: 'second_factors',
  properties: {
    userId: () =>
      p.manyToOne(User).mapToPk().primary().fieldName('user_id').deleteRule('cascade').updateRule('no action'),
    /** Key of the one-time codes, encrypted for this person. */
    secret: p.string().length(255).hidden(),
    createdAt: p.datetime(3),
    /** Null until the person has shown a first code: until then none is asked for. */
    confirmedAt: p.datetime(3).nullable(),
    /** The step of time (30 s) of the last code that was taken: neither it nor an older one is taken again. */
    lastStep: p.integer().nullable(),
  },
});

/** One-time codes (TOTP, RFC 6238) that a person signs in with beside the password. */
export class SecondFactor extends schema.class {}
schema.setClass(SecondFactor);
notAudited(SecondFactor, 'The log tells of it when it is switched on and off, without its key.');
