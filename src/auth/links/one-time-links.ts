import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { UnauthenticatedError } from '../../common/errors/errors.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { hashOfToken, newOpaqueToken } from '../sessions/opaque-token.js';
import type { LinkPurpose } from './one-time-token.entity.js';

/** How long a link is good for. */
const LIFE_MS: Readonly<Record<LinkPurpose, number>> = { password_reset: 30 * 60_000, invitation: 7 * 86_400_000 };

/** Tokens of links: each for one person and purpose, good once and for a while. */
@Injectable()
export class OneTimeLinks {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** A new token; those of the same person and purpose that were issued before end. */
  async issue(tx: Transaction, userId: string, purpose: LinkPurpose): Promise<string> {
    const token = newOpaqueToken();
    const now = this.clock.nowMs();
    await tx.query('delete from one_time_tokens where user_id = ? and purpose = ?', [userId, purpose]);
    await tx.query(
      'insert into one_time_tokens (token_hash, user_id, purpose, created_at, expires_at) values (?, ?, ?, ?, ?)',
      [
        ...[hashOfToken(token), userId, purpose],
        ...[this.dialect.instant(now), this.dialect.instant(now + LIFE_MS[purpose])],
      ],
    );
    return token;
  }

  /** Whose token this is, without using it up. @throws UnauthenticatedError `LINK_INVALID` */
  async ownerOf(token: string, purpose: LinkPurpose): Promise<string> {
    const { rows } = await this.transactions.query<{ user_id: string }>(
      `select user_id from one_time_tokens
       where token_hash = ? and purpose = ? and used_at is null and expires_at > ?`,
      [hashOfToken(token), purpose, this.dialect.instant(this.clock.nowMs())],
    );
    if (!rows[0]) throw linkInvalid();
    return rows[0].user_id;
  }

  /** Uses a token up; of several uses at once one succeeds. @throws UnauthenticatedError `LINK_INVALID` */
  async use(tx: Transaction, token: string, purpose: LinkPurpose): Promise<void> {
    const now = this.dialect.instant(this.clock.nowMs());
    const { affected } = await tx.query(
      `update one_time_tokens set used_at = ?
       where token_hash = ? and purpose = ? and used_at is null and expires_at > ?`,
      [now, hashOfToken(token), purpose, now],
    );
    if (affected === 0) throw linkInvalid();
  }

  /** Ends the links of a person, of one purpose or of all. */
  async endAll(tx: Transaction, userId: string, purpose?: LinkPurpose): Promise<void> {
    const one = purpose === undefined ? '' : ' and purpose = ?';
    const values = purpose === undefined ? [userId] : [userId, purpose];
    await tx.query(`delete from one_time_tokens where user_id = ? and used_at is null${one}`, values);
  }
}

/** The same for a link that never was, has ended, or was used. */
export function linkInvalid(): UnauthenticatedError {
  return new UnauthenticatedError(
    'LINK_INVALID',
    'The link has ended or was used. Ask for a new one; for a new invitation ask who administers your municipality.',
  );
}
