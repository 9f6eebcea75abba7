import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { UnauthenticatedError } from '../../common/errors/errors.js';
import { WorkQueue } from '../../common/work-queue.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Mailer } from '../../mail/mailer.js';
import { plainName } from '../../mail/mail-message.js';
import { Passwords } from '../../users/passwords.js';
import type { UserStatus } from '../../users/user.entity.js';
import { Accounts, type Account } from '../accounts.js';
import { ACCOUNT_DOOR, LINK_FAILURES, LINK_REQUESTS, LINKS_SENT } from '../attempts/attempt-limits.js';
import { Attempts } from '../attempts/attempts.js';
import { SessionStore } from '../sessions/session-store.js';
import { entryOf } from '../sign-in-audit.js';
import { linkInvalid, OneTimeLinks } from './one-time-links.js';
import type { LinkPurpose } from './one-time-token.entity.js';

const CONCURRENCY = 2;
const MAX_WAITING = 500;

/** What comes of a link of each kind: who may use it, and how the log tells of it. */
const USES: Readonly<Record<LinkPurpose, { status: UserStatus; action: string }>> = {
  password_reset: { status: 'active', action: 'user.password_reset' },
  invitation: { status: 'invited', action: 'user.invitation_accepted' },
};

/** Links by which people choose a password without knowing one. */
@Injectable()
export class PasswordLinksService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(PasswordLinksService.name);
  private readonly queue = new WorkQueue(CONCURRENCY, MAX_WAITING, (error) =>
    this.logger.warn(`a link to reset a password could not be sent: ${String(error)}`),
  );

  constructor(
    private readonly transactions: Transactions,
    private readonly accounts: Accounts,
    private readonly links: OneTimeLinks,
    private readonly passwords: Passwords,
    private readonly sessions: SessionStore,
    private readonly attempts: Attempts,
    private readonly audit: AuditLog,
    private readonly mailer: Mailer,
    private readonly registry: RegistryVersion,
  ) {}

  /**
   * Sends a link to whoever has an account with this address. Everything that depends on whether there is one happens
   * later and behind the request: neither the answer nor its time tells.
   * @throws RateLimitedError `TOO_MANY_ATTEMPTS`, by the client's address
   */
  async request(email: string): Promise<void> {
    await this.attempts.requireWithin(LINK_REQUESTS);
    await this.attempts.countAddress(LINK_REQUESTS);
    if (!this.queue.add(() => this.sendTo(email))) this.logger.warn('a request for a link is dropped: too many wait');
  }

  /**
   * Sets the password of whoever a link was sent to, and ends everything that they are signed in with.
   * @returns the account's e-mail address
   * @throws UnauthenticatedError `LINK_INVALID`; ValidationError `PASSWORD_TOO_COMMON`; RateLimitedError
   *   `TOO_MANY_ATTEMPTS`
   */
  async choosePassword(purpose: LinkPurpose, token: string, newPassword: string, name?: string): Promise<string> {
    await this.attempts.requireWithin(LINK_FAILURES);
    try {
      const account = await this.accountOf(purpose, token);
      const passwordHash = await this.passwords.prepare(newPassword, account, 'newPassword');
      await this.transactions.run((tx) => this.store(tx, { purpose, token, account, passwordHash, name }));
      await this.attempts.forgive(ACCOUNT_DOOR, account.email);
      return account.email;
    } catch (error) {
      if (error instanceof UnauthenticatedError) await this.attempts.countAddress(LINK_FAILURES);
      throw error;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.idle();
  }

  private async accountOf(purpose: LinkPurpose, token: string): Promise<Account> {
    const account = await this.accounts.findById(await this.links.ownerOf(token, purpose));
    if (account?.status !== USES[purpose].status) throw linkInvalid();
    return account;
  }

  private async store(
    tx: Transaction,
    use: { purpose: LinkPurpose; token: string; account: Account; passwordHash: string; name: string | undefined },
  ): Promise<void> {
    const { purpose, token, account, passwordHash, name } = use;
    const { status, action } = USES[purpose];
    await this.links.use(tx, token, purpose);
    // The row decides, not the look before: an account that was disabled meanwhile stays that.
    const { affected } = await tx.query(
      `update users set status = 'active', name = coalesce(?, name) where id = ? and status = ?`,
      [name ?? null, account.id, status],
    );
    if (affected === 0) throw linkInvalid();
    await this.passwords.store(tx, account.id, passwordHash);
    await this.links.endAll(tx, account.id);
    await this.sessions.endAll(tx, account.id, 'password_reset');
    // Also without a session to end: every instance forgets that the account was locked.
    await this.registry.bumpSessions(tx);
    await this.audit.record(tx, entryOf(action, account));
  }

  private async sendTo(email: string): Promise<void> {
    if (!this.mailer.enabled) return;
    const account = await this.accounts.findByEmail(email);
    if (account?.status !== 'active' || !(await this.attempts.take(LINKS_SENT, email))) return;
    const token = await this.transactions.run(async (tx) => {
      await this.audit.record(tx, entryOf('user.password_reset_requested', account, { actor: null }));
      return this.links.issue(tx, account.id, 'password_reset');
    });
    this.mailer.send({
      to: account.email,
      subject: 'Choose a new password for HydroAlert',
      paragraphs: [
        `Hello ${plainName(account.name)},`,
        'somebody asked for a new password for your account, most likely you. The link is good for half an hour and for one use:',
        this.mailer.linkTo(`account.html#reset=${token}`),
        'If it was not you, you need not do anything: your password stays what it is.',
      ],
    });
  }
}
