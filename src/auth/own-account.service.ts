import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import { NotFoundError, UnauthenticatedError, ValidationError } from '../common/errors/errors.js';
import { type Page, pageOf, type PageQuery, startAfter } from '../common/pagination/page.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';
import { Mailer } from '../mail/mailer.js';
import { plainName } from '../mail/mail-message.js';
import { Passwords } from '../users/passwords.js';
import { Principals } from '../users/principals.js';
import { CONFIRM_DOOR } from './attempts/attempt-limits.js';
import { Attempts } from './attempts/attempts.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { OneTimeLinks } from './links/one-time-links.js';
import { SecondFactors } from './second-factor/second-factors.js';
import { SessionStore } from './sessions/session-store.js';
import { entryOf } from './sign-in-audit.js';

/** What somebody who is signed in shows once more. */
export interface Proof {
  /** Where the password stands in the request. */
  readonly field: string;
  readonly password: string;
  /** Given: the second factor is asked for too, where there is one. */
  readonly factor?: { readonly code: string | undefined };
}

/** A session as its owner sees it. */
export interface OwnSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
}

interface SessionRow {
  id: string;
  created_at: string | Date;
  last_used_at: string | Date;
  expires_at: string | Date;
  address: string | null;
  user_agent: string | null;
}

const keySchema = z.tuple([z.int(), z.guid()]);

/** What people do with their own account while they are signed in. */
@Injectable()
export class OwnAccountService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly principals: Principals,
    private readonly passwords: Passwords,
    private readonly sessions: SessionStore,
    private readonly links: OneTimeLinks,
    private readonly factors: SecondFactors,
    private readonly attempts: Attempts,
    private readonly audit: AuditLog,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
  ) {}

  /** The open sessions of a person, the one that was used last first. @throws BadRequestError `CURSOR_INVALID` */
  async listSessions(userId: string, query: PageQuery): Promise<Page<OwnSession>> {
    const after = startAfter(query, keySchema);
    const position = after === undefined ? '' : 'and (last_used_at < ? or (last_used_at = ? and id < ?))';
    const instant = after === undefined ? '' : this.dialect.instant(after[0]);
    const { rows } = await this.transactions.query<SessionRow>(
      `select id, created_at, last_used_at, expires_at, address, user_agent from sessions
       where user_id = ? and ended_at is null and expires_at > ? ${position}
       order by last_used_at desc, id desc limit ${query.limit + 1}`,
      [
        ...[userId, this.dialect.instant(this.clock.nowMs())],
        ...(after === undefined ? [] : [instant, instant, after[1]]),
      ],
    );
    const sessions = rows.map((row) => this.toSession(row));
    return pageOf(sessions, query.limit, ({ id, lastUsedAt }) => [lastUsedAt.getTime(), id]);
  }

  /** Ends one of the own sessions, also the present one. @throws NotFoundError `SESSION_NOT_FOUND` */
  async endSession(user: AuthenticatedUser, sessionId: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      if (!(await this.sessions.end(tx, user.id, sessionId, 'ended_by_user'))) {
        throw new NotFoundError('SESSION_NOT_FOUND', 'There is no such session.');
      }
      await this.audit.record(tx, entryOf('session.ended', user, { record: { type: 'session', id: sessionId } }));
    });
  }

  /**
   * Changes the own password and ends all other sessions. @returns how many ended
   * @throws as {@link confirm}; ValidationError `PASSWORD_TOO_COMMON`, `PASSWORD_UNCHANGED`
   */
  async changePassword(user: AuthenticatedUser, currentPassword: string, newPassword: string): Promise<number> {
    await this.confirm(user, { field: 'currentPassword', password: currentPassword });
    if (currentPassword.normalize('NFKC') === newPassword.normalize('NFKC')) {
      throw refusal('newPassword', 'PASSWORD_UNCHANGED', 'is the present one', 'This is the password that you have.');
    }
    const passwordHash = await this.passwords.prepare(newPassword, user, 'newPassword');
    const ended = await this.transactions.run(async (tx) => {
      await this.passwords.store(tx, user.id, passwordHash);
      await this.links.endAll(tx, user.id);
      await this.audit.record(tx, entryOf('user.password_changed', user));
      return this.sessions.endAll(tx, user.id, 'password_changed', user.sessionId);
    });
    this.tell(user, 'Your HydroAlert password was changed', 'the password of your account was just changed.');
    return ended;
  }

  /**
   * Asks somebody who is signed in for the password once more, and for a code where they have a second factor: whoever
   * sits down at an open screen must not take the account over. A wrong one is no 401, which clients would take for the
   * end of the session.
   * @throws ValidationError `PASSWORD_WRONG`, `SECOND_FACTOR_REQUIRED`, `SECOND_FACTOR_INVALID`; RateLimitedError
   *   `TOO_MANY_ATTEMPTS`
   */
  async confirm(user: AuthenticatedUser, proof: Proof): Promise<void> {
    await this.attempts.at(CONFIRM_DOOR, user.id, () => this.prove(user, proof), isWrong);
  }

  /** Tells the person by e-mail of a change that only they should have made. */
  tell(user: AuthenticatedUser, subject: string, what: string): void {
    this.mailer.send({
      to: user.email,
      subject,
      paragraphs: [
        `Hello ${plainName(user.name)},`,
        what,
        'If that was not you, choose a new password now, and tell your administrator:',
        this.mailer.linkTo('account.html'),
      ],
    });
  }

  private async prove(user: AuthenticatedUser, { field, password, factor }: Proof): Promise<void> {
    if ((await this.principals.verify(user.email, password)) === null) {
      throw refusal(field, 'PASSWORD_WRONG', 'is wrong', 'The password is wrong.');
    }
    if (factor === undefined) return;
    try {
      await this.factors.require(user.id, factor.code);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      throw refusal('code', error.code, error.message, error.message);
    }
  }

  private toSession({ id, address, ...row }: SessionRow): OwnSession {
    const instant = (value: string | Date): Date => new Date(this.dialect.epochMs(value));
    const [createdAt, lastUsedAt, expiresAt] = [row.created_at, row.last_used_at, row.expires_at].map(instant);
    return {
      ...{ id, createdAt: createdAt!, lastUsedAt: lastUsedAt!, expiresAt: expiresAt! },
      ...{ address, userAgent: row.user_agent },
    };
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof ValidationError && ['PASSWORD_WRONG', 'SECOND_FACTOR_INVALID'].includes(error.code);
}

function refusal(path: string, code: string, message: string, sentence: string): ValidationError {
  return new ValidationError([{ path, code, message }], code, sentence);
}
