import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { currentOrigin } from '../../common/request-context/request-context.js';
import { Mailer } from '../../mail/mailer.js';
import { plainName } from '../../mail/mail-message.js';
import { Accounts } from '../accounts.js';
import { entryOf } from '../sign-in-audit.js';
import { LOCK_OUT_MAILS } from './attempt-limits.js';
import { Attempts } from './attempts.js';

/** Tells of accounts that were locked: the audit log always, the person at most once an hour. */
@Injectable()
export class LockOutNotice {
  constructor(
    private readonly accounts: Accounts,
    private readonly attempts: Attempts,
    private readonly audit: AuditLog,
    private readonly mailer: Mailer,
  ) {}

  /** @param email what was tried; there may be no such account */
  async tell(email: string): Promise<void> {
    const account = await this.accounts.findByEmail(email);
    if (account === null) {
      const record = { type: 'user', id: 'unknown', label: email };
      await this.audit.note({
        action: 'user.locked_out',
        outcome: 'refused',
        municipalityIds: [],
        actor: null,
        record,
      });
      return;
    }
    await this.audit.note(entryOf('user.locked_out', account, { outcome: 'refused', actor: null }));
    if (account.status !== 'active' || !(await this.attempts.take(LOCK_OUT_MAILS, email))) return;
    this.mailer.send({
      to: account.email,
      subject: 'Sign-in to HydroAlert was locked for a while',
      paragraphs: [
        `Hello ${plainName(account.name)},`,
        'somebody tried several times to sign in to your account with a wrong password or code, so that further attempts are ' +
          `refused for a while. The last one came from ${currentOrigin()?.address ?? 'an unknown address'}.`,
        'If that was you, wait a quarter of an hour, or choose a new password:',
        this.mailer.linkTo('account.html'),
        'If it was not you, nothing is lost: your password was not guessed. Where you signed in during the last 30 days, you ' +
          'can go on signing in.',
      ],
    });
  }
}
