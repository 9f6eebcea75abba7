import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../common/clock.js';
import { UnauthenticatedError } from '../../common/errors/errors.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Principals } from '../../users/principals.js';
import type { Principal } from '../../users/principal.js';
import { entryOf } from '../sign-in-audit.js';
import { hashOfToken, newOpaqueToken } from './opaque-token.js';
import { SessionStore } from './session-store.js';

/** A session that goes on, with what its client needs for that. */
export interface Continued {
  readonly user: Principal;
  readonly sessionId: string;
  readonly refreshToken: string;
}

interface Family {
  session_id: string;
  user_id: string;
  created_at: string | Date;
  expires_at: string | Date;
  ended_at: string | Date | null;
}

/**
 * Refresh tokens: each is good for one use and is followed by the next of its family, which is the session. A token that
 * is shown a second time was copied, by whoever comes first or second: the session ends, for both.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly sessions: SessionStore,
    private readonly principals: Principals,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** A new token of the session. */
  async issue(tx: Transaction, sessionId: string): Promise<string> {
    const token = newOpaqueToken();
    await tx.query('insert into refresh_tokens (token_hash, session_id, issued_at) values (?, ?, ?)', [
      hashOfToken(token),
      sessionId,
      this.dialect.instant(this.clock.nowMs()),
    ]);
    return token;
  }

  /**
   * Takes a token and gives the next one.
   * @throws UnauthenticatedError `REFRESH_TOKEN_INVALID` for a token that is none of ours, of a session that has ended or
   *   of somebody who may not use the platform; `REFRESH_TOKEN_REUSED` for a second use, which ends the session
   */
  async rotate(token: string): Promise<Continued> {
    const hash = hashOfToken(token);
    const family = await this.familyOf(hash);
    if (family === undefined || !this.isLive(family)) throw invalid();
    // Asked before the transaction: it would hold one connection and wait for another.
    const user = await this.principals.find(family.user_id);
    if (user === null) throw invalid();
    const outcome = await this.transactions.run((tx) => this.exchange(tx, hash, user));
    if (outcome === 'ended') throw invalid();
    if (outcome === 'reused') {
      throw new UnauthenticatedError('REFRESH_TOKEN_REUSED', 'The session has ended. Sign in again.');
    }
    return outcome;
  }

  /** The token's row decides between two that come at once: only one finds it unused. */
  private async exchange(tx: Transaction, hash: string, user: Principal): Promise<Continued | 'ended' | 'reused'> {
    const now = this.dialect.instant(this.clock.nowMs());
    const { affected } = await tx.query(
      'update refresh_tokens set used_at = ? where token_hash = ? and used_at is null',
      [now, hash],
    );
    const family = await this.familyOf(hash, tx);
    if (family === undefined || !this.isLive(family)) return 'ended';
    const sessionId = family.session_id;
    if (affected === 0) {
      const ended = await this.sessions.end(tx, user.id, sessionId, 'token_reused');
      if (ended) {
        const record = { type: 'session', id: sessionId };
        await this.audit.record(tx, entryOf('session.token_reused', user, { outcome: 'refused', record }));
      }
      return 'reused';
    }
    await this.sessions.touch(tx, sessionId, this.dialect.epochMs(family.created_at));
    return { user, sessionId, refreshToken: await this.issue(tx, sessionId) };
  }

  /** In a transaction the session's row is locked: it cannot end between the look and the next token. */
  private async familyOf(hash: string, tx?: Transaction): Promise<Family | undefined> {
    const { rows } = await (tx ?? this.transactions).query<Family>(
      `select s.id as session_id, s.user_id, s.created_at, s.expires_at, s.ended_at
       from sessions s where s.id = (select t.session_id from refresh_tokens t where t.token_hash = ?)
       ${tx ? 'for update' : ''}`,
      [hash],
    );
    return rows[0];
  }

  private isLive({ ended_at, expires_at }: Family): boolean {
    return ended_at === null && this.dialect.epochMs(expires_at) > this.clock.nowMs();
  }
}

function invalid(): UnauthenticatedError {
  return new UnauthenticatedError('REFRESH_TOKEN_INVALID', 'The session has ended. Sign in again.');
}
