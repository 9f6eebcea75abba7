import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { networkOf } from '../common/request-context/client-network.js';
import { currentOrigin } from '../common/request-context/request-context.js';
import { Transactions } from '../database/transaction.js';
import type { Principal } from '../users/principal.js';
import { Principals } from '../users/principals.js';
import { Accounts } from './accounts.js';
import { ACCOUNT_DOOR, ADDRESS_FAILURES, KNOWN_DOOR, REFRESH_FAILURES } from './attempts/attempt-limits.js';
import { Attempts } from './attempts/attempts.js';
import { LockOutNotice } from './attempts/lock-out-notice.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { SecondFactors } from './second-factor/second-factors.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { SessionStore } from './sessions/session-store.js';
import { entryOf } from './sign-in-audit.js';
import { TokenIssuer, type IssuedToken } from './token-issuer.js';

/** What somebody gets who signs in, or whose session goes on. */
export interface SignIn extends IssuedToken {
  readonly refreshToken: string;
  readonly user: Principal;
}

/** What somebody shows to sign in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
}

/** Answers that count as a failed attempt; that a second factor is wanted is none. */
const FAILURES = new Set(['INVALID_CREDENTIALS', 'SECOND_FACTOR_INVALID']);

/** Signs people in and out, and keeps them signed in. */
@Injectable()
export class SignInService {
  constructor(
    private readonly principals: Principals,
    private readonly accounts: Accounts,
    private readonly attempts: Attempts,
    private readonly notice: LockOutNotice,
    private readonly factors: SecondFactors,
    private readonly sessions: SessionStore,
    private readonly refreshTokens: RefreshTokens,
    private readonly tokens: TokenIssuer,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Signs a person in by address and password, and a code where they have a second factor.
   * @throws UnauthenticatedError `INVALID_CREDENTIALS`, the same for an unknown address, a wrong password, a disabled
   *   account and a suspended municipality; `SECOND_FACTOR_REQUIRED`, `SECOND_FACTOR_INVALID`
   * @throws RateLimitedError `TOO_MANY_ATTEMPTS`, also for accounts that do not exist
   */
  async signIn(credentials: Credentials): Promise<SignIn> {
    const { email } = credentials;
    const network = networkOf(currentOrigin()?.address);
    // Where somebody signed in lately they are let in also while others try to guess, or to lock them out.
    const known = network !== null && (await this.sessions.isKnownNetwork(email, network));
    const door = known ? KNOWN_DOOR : ACCOUNT_DOOR;
    const key = known ? `${email}\n${network}` : email;
    // The account's lock comes first: while it holds, no address leaves a trace in Redis.
    await this.attempts.requireOpen(door, key);
    if (!known) await this.attempts.requireWithin(ADDRESS_FAILURES);
    return this.attempts.at(
      door,
      key,
      () => this.attempt(credentials),
      isFailure,
      () => this.notice.tell(email),
    );
  }

  /**
   * Goes on with a session by its refresh token, which is good for one use.
   * @throws UnauthenticatedError as `RefreshTokens.rotate`; RateLimitedError `TOO_MANY_ATTEMPTS`
   */
  async refresh(refreshToken: string): Promise<SignIn> {
    await this.attempts.requireWithin(REFRESH_FAILURES);
    try {
      const { user, sessionId, refreshToken: next } = await this.refreshTokens.rotate(refreshToken);
      return { ...(await this.tokens.issue(user.id, sessionId)), refreshToken: next, user };
    } catch (error) {
      if (error instanceof UnauthenticatedError) await this.attempts.countAddress(REFRESH_FAILURES);
      throw error;
    }
  }

  /** Ends the session that the request came with. */
  async signOut(user: AuthenticatedUser): Promise<void> {
    await this.transactions.run(async (tx) => {
      if (!(await this.sessions.end(tx, user.id, user.sessionId, 'signed_out'))) return;
      await this.audit.record(tx, entryOf('user.signed_out', user));
    });
  }

  private async attempt({ email, password, code }: Credentials): Promise<SignIn> {
    try {
      const user = await this.principals.verify(email, password);
      if (user === null) throw new UnauthenticatedError('INVALID_CREDENTIALS', 'E-mail address or password is wrong.');
      await this.factors.require(user.id, code);
      return await this.open(user);
    } catch (error) {
      if (isFailure(error)) await this.tellOfFailure(email, error);
      throw error;
    }
  }

  private async open(user: Principal): Promise<SignIn> {
    const { sessionId, refreshToken } = await this.transactions.run(async (tx) => {
      const id = await this.sessions.open(tx, user.id);
      const record = { type: 'session', id };
      await this.audit.record(tx, entryOf('user.signed_in', user, { record }));
      return { sessionId: id, refreshToken: await this.refreshTokens.issue(tx, id) };
    });
    await this.principals.noteSignIn(user.id, this.clock.now());
    return { ...(await this.tokens.issue(user.id, sessionId)), refreshToken, user };
  }

  /** The same statements whether there is such an account or not. */
  private async tellOfFailure(email: string, { code }: UnauthenticatedError): Promise<void> {
    await this.attempts.countAddress(ADDRESS_FAILURES);
    const account = await this.accounts.findByEmail(email);
    await this.audit.note({
      action: 'user.sign_in_failed',
      outcome: 'refused',
      municipalityIds: account?.memberships.map(({ municipalityId }) => municipalityId) ?? [],
      actor: null,
      record: { type: 'user', id: account?.id ?? 'unknown', label: email },
      // Administrators are told what the person is not: that the account is known, and cannot be used.
      changes: { after: { reason: code, account: account?.standing } },
    });
  }
}

function isFailure(error: unknown): error is UnauthenticatedError {
  return error instanceof UnauthenticatedError && FAILURES.has(error.code);
}
