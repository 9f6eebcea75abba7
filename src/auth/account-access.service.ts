import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Transaction } from '../database/transaction.js';
import { Mailer } from '../mail/mailer.js';
import { plainName } from '../mail/mail-message.js';
import { AccountAccess, type AccountOwner } from '../users/account-access.js';
import { SecondFactors } from './second-factor/second-factors.js';
import { SessionStore } from './sessions/session-store.js';
import { OneTimeLinks } from './links/one-time-links.js';

/** What the users room asks of sign-in: links for people who were invited, and the end of everything for others. */
@Injectable()
export class AccountAccessService extends AccountAccess {
  constructor(
    private readonly links: OneTimeLinks,
    private readonly sessions: SessionStore,
    private readonly secondFactors: SecondFactors,
    private readonly mailer: Mailer,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  async invite(tx: Transaction, user: AccountOwner): Promise<void> {
    const token = await this.links.issue(tx, user.id, 'invitation');
    const { email, name } = user;
    await this.record(tx, 'user.invited', user);
    tx.onCommit(() =>
      this.mailer.send({
        to: email,
        subject: 'Your account on HydroAlert',
        paragraphs: [
          `Hello ${plainName(name)},`,
          'an account on HydroAlert was made for you. Choose a password to begin; the link is good for seven days and for one use:',
          this.mailer.linkTo(`account.html#invitation=${token}`),
          'If you do not know what this is about, you need not do anything.',
        ],
      }),
    );
  }

  async endSessions(tx: Transaction, userId: string): Promise<void> {
    await this.links.endAll(tx, userId);
    await this.sessions.endAll(tx, userId, 'account_changed');
  }

  async removeSecondFactor(tx: Transaction, user: AccountOwner): Promise<boolean> {
    if (!(await this.secondFactors.remove(tx, user.id))) return false;
    await this.record(tx, 'user.second_factor_removed', user);
    return true;
  }

  /** In the chains of all municipalities that the account belongs to. */
  private async record(tx: Transaction, action: string, { id, email }: AccountOwner): Promise<void> {
    const { rows } = await tx.query<{ municipality_id: string }>(
      'select municipality_id from memberships where user_id = ?',
      [id],
    );
    const municipalityIds = rows.map((row) => row.municipality_id);
    await this.audit.record(tx, { action, municipalityIds, record: { type: 'user', id, label: email } });
  }
}
