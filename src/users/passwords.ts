import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import type { Transaction } from '../database/transaction.js';
import { PasswordHasher } from './password-hasher.js';
import { requireUncommonPassword, type PasswordOwner } from './password-policy.js';

/** Takes new passwords, whoever sets them: the person, somebody with a link, or an administrator. */
@Injectable()
export class Passwords {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /**
   * Checks a password whose length was checked already, and hashes it; to be done before a transaction, since it takes
   * its time.
   * @param field where the password stands in the request
   * @throws ValidationError `PASSWORD_TOO_COMMON`, UnavailableError when too many are waiting
   */
  async prepare(password: string, owner: PasswordOwner, field: string): Promise<string> {
    await requireUncommonPassword(password, owner, field);
    return this.hasher.hash(password);
  }

  /** Writes what {@link prepare} gave. Ending the person's sessions is the caller's affair. */
  async store(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
    const now = this.dialect.instant(this.clock.nowMs());
    await tx.query(
      'update users set password_hash = ?, password_changed_at = ?, updated_at = ?, version = version + 1 where id = ?',
      [passwordHash, now, now, userId],
    );
  }
}
