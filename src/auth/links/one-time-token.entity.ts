import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { User } from '../../users/user.entity.js';

/** What a link that was sent by e-mail is good for. */
export const LINK_PURPOSES = ['password_reset', 'invitation'] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

const schema = defineEntity({
  name: 'OneTimeToken',
  tableName: 'one_time_tokens',
  properties: {
    /** SHA-256 in hex; the token itself is in the link only. */
    tokenHash: p.string().length(64).primary().hidden(),
    userId: () =>
      p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index('one_time_tokens_user_id_index'),
    purpose: p.string().length(16).$type<LinkPurpose>(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    usedAt: p.datetime(3).nullable(),
  },
});

/** A link by which somebody chooses a password. */
export class OneTimeToken extends schema.class {}
schema.setClass(OneTimeToken);
notAudited(OneTimeToken, 'Links are sent and used by requests that the log tells of.');
