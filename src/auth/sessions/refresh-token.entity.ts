import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { Session } from './session.entity.js';

const schema = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  properties: {
    /** SHA-256 in hex; the token itself is known to the client only. */
    tokenHash: p.string().length(64).primary().hidden(),
    sessionId: () =>
      p
        .manyToOne(Session)
        .mapToPk()
        .fieldName('session_id')
        .deleteRule('cascade')
        .index('refresh_tokens_session_id_index'),
    issuedAt: p.datetime(3),
    /** Each is good for one refresh; a second use ends the session. */
    usedAt: p.datetime(3).nullable().index('refresh_tokens_used_at_index'),
  },
});

/** The right to one new access token. */
export class RefreshToken extends schema.class {}
schema.setClass(RefreshToken);
notAudited(RefreshToken, 'Follows from the use of a session.');
