import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction.js';
import { Mailer } from '../../mail/mailer.js';
import { plainName } from '../../mail/mail-message.js';
import { Invitations, type Invited } from '../../users/invitations.js';
import { SessionStore } from '../sessions/session-store.js';
import { OneTimeLinks } from './one-time-links.js';

/** What the users room asks of sign-in: links for people who were invited, and the end of everything for others. */
@Injectable()
export class InvitationService extends Invitations {
  constructor(
    private readonly links: OneTimeLinks,
    private readonly sessions: SessionStore,
    private readonly mailer: Mailer,
  ) {
    super();
  }

  async send(tx: Transaction, user: Invited): Promise<void> {
    const token = await this.links.issue(tx, user.id, 'invitation');
    const { email, name } = user;
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
}
