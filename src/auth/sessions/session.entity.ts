import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../database/audited.js';
import { idProperty } from '../../database/base.entity.js';
import { User } from '../../users/user.entity.js';

/** Why a session ended before its time. */
export const SESSION_END_REASONS = [
  'signed_out',
  'ended_by_user',
  'password_changed',
  'password_reset',
  'account_changed',
  'token_reused',
  'too_many',
] as const;
export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

const schema = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  indexes: [
    { name: 'sessions_user_id_network_index', properties: ['userId', 'network'] },
    { name: 'sessions_expires_at_index', properties: ['expiresAt'] },
  ],
  properties: {
    ...idProperty,
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').deleteRule('cascade').index(false),
    createdAt: p.datetime(3).onCreate(() => new Date()),
    lastUsedAt: p.datetime(3).onCreate(() => new Date()),
    /** Moves on with every refresh, up to the longest life of a session. */
    expiresAt: p.datetime(3),
    /** Of the last sign-in or refresh. */
    address: p.string().length(45).nullable(),
    /** The address of the sign-in as it is counted: an IPv6 address stands for its /64. */
    network: p.string().length(45).nullable(),
    userAgent: p.string().length(300).nullable(),
    endedAt: p.datetime(3).nullable(),
    endReason: p.string().length(32).$type<SessionEndReason>().nullable(),
  },
});

/** What somebody is signed in with: one device or browser, from sign-in to sign-out. */
export class Session extends schema.class {}
schema.setClass(Session);
notAudited(Session, 'The log tells of sign-ins and of sessions that are ended.');
