import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../common/clock.js';
import { ConflictError, UnauthenticatedError, ValidationError } from '../../common/errors/errors.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { entryOf, type Audited } from '../sign-in-audit.js';
import { hashOfRecoveryCode, isOneTimeCode, keyUri, newRecoveryCodes, newSecret, stepOf } from './one-time-codes.js';

/** What an authenticator app needs. */
export interface Enrolment {
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://…`, for scanning. */
  readonly uri: string;
}

/** Whether a person has a second factor, and how many recovery codes are left. */
export interface SecondFactorState {
  readonly enabled: boolean;
  readonly recoveryCodesLeft: number;
}

interface Row {
  secret: string;
  confirmed_at: string | Date | null;
}

/** Second factors: one-time codes of an authenticator app, and recovery codes for the day when it is lost. */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly cipher: SecretCipher,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  async state(userId: string): Promise<SecondFactorState> {
    const enabled = (await this.read(userId))?.confirmed_at != null;
    const { rows } = await this.transactions.query(
      'select code_hash from recovery_codes where user_id = ? and used_at is null',
      [userId],
    );
    return { enabled, recoveryCodesLeft: enabled ? rows.length : 0 };
  }

  /**
   * Checks the second factor of somebody whose password was right; nothing is asked of people without one.
   * @throws UnauthenticatedError `SECOND_FACTOR_REQUIRED` without a code; `SECOND_FACTOR_INVALID` for a wrong one or one
   *   that was used
   */
  async require(userId: string, code: string | undefined): Promise<void> {
    const factor = await this.read(userId);
    if (factor?.confirmed_at == null) return;
    if (code === undefined) {
      throw new UnauthenticatedError('SECOND_FACTOR_REQUIRED', 'Send a code of your authenticator app too.');
    }
    if (!(await this.take(userId, factor, code))) throw wrongCode();
  }

  /** Draws a new key; it counts from {@link confirm} on. @throws ConflictError `SECOND_FACTOR_ENABLED` */
  async enrol({ id, email }: Audited): Promise<Enrolment> {
    const secret = newSecret();
    const now = this.dialect.instant(this.clock.nowMs());
    await this.transactions.run(async (tx) => {
      if ((await this.read(id, tx))?.confirmed_at != null) {
        throw new ConflictError('SECOND_FACTOR_ENABLED', 'There is a second factor already. Switch it off first.');
      }
      await tx.query('delete from second_factors where user_id = ?', [id]);
      await tx.query('insert into second_factors (user_id, secret, created_at) values (?, ?, ?)', [
        ...[id, this.cipher.encrypt(secret, ownerOf(id)), now],
      ]);
    });
    return { secret, uri: keyUri(secret, email) };
  }

  /**
   * Switches the second factor on, by a first code of the app.
   * @returns recovery codes, which are shown this once
   * @throws ValidationError `SECOND_FACTOR_INVALID`; ConflictError `SECOND_FACTOR_NOT_ENROLLED`, `SECOND_FACTOR_ENABLED`
   */
  async confirm(person: Audited, code: string): Promise<string[]> {
    return this.transactions.run(async (tx) => {
      const factor = await this.read(person.id, tx);
      if (!factor) throw notEnrolled();
      if (factor.confirmed_at !== null) throw new ConflictError('SECOND_FACTOR_ENABLED', 'It is switched on already.');
      const step = stepOf(this.secretOf(person.id, factor), code, this.clock.nowMs());
      if (step === null) throw wrongFirstCode();
      await tx.query('update second_factors set confirmed_at = ?, last_step = ? where user_id = ?', [
        ...[this.dialect.instant(this.clock.nowMs()), step, person.id],
      ]);
      await this.audit.record(tx, entryOf('user.second_factor_enabled', person));
      return this.replaceCodes(tx, person.id);
    });
  }

  /** New recovery codes in the place of the old ones, for somebody who has shown a code. */
  async renewRecoveryCodes(person: Audited): Promise<string[]> {
    return this.transactions.run(async (tx) => {
      if ((await this.read(person.id, tx))?.confirmed_at == null) throw notEnrolled();
      await this.audit.record(tx, entryOf('user.recovery_codes_renewed', person));
      return this.replaceCodes(tx, person.id);
    });
  }

  /** Switches the second factor off, for somebody who has shown a code. */
  async disable(person: Audited): Promise<void> {
    await this.transactions.run(async (tx) => {
      if (!(await this.remove(tx, person.id))) throw notEnrolled();
      await this.audit.record(tx, entryOf('user.second_factor_disabled', person));
    });
  }

  /** Takes the second factor of somebody away. @returns false when there was none that counted */
  async remove(tx: Transaction, userId: string): Promise<boolean> {
    if ((await this.read(userId, tx))?.confirmed_at == null) return false;
    for (const table of ['recovery_codes', 'second_factors']) {
      await tx.query(`delete from ${table} where user_id = ?`, [userId]);
    }
    return true;
  }

  /** A code is taken once: the update finds its row only for a later step, or an unused recovery code. */
  private async take(userId: string, factor: Row, code: string): Promise<boolean> {
    const now = this.clock.nowMs();
    if (!isOneTimeCode(code)) {
      const { affected } = await this.transactions.query(
        'update recovery_codes set used_at = ? where user_id = ? and code_hash = ? and used_at is null',
        [this.dialect.instant(now), userId, hashOfRecoveryCode(userId, code)],
      );
      return affected > 0;
    }
    const step = stepOf(this.secretOf(userId, factor), code, now);
    if (step === null) return false;
    const { affected } = await this.transactions.query(
      'update second_factors set last_step = ? where user_id = ? and (last_step is null or last_step < ?)',
      [step, userId, step],
    );
    return affected > 0;
  }

  private async replaceCodes(tx: Transaction, userId: string): Promise<string[]> {
    const codes = newRecoveryCodes();
    await tx.query('delete from recovery_codes where user_id = ?', [userId]);
    for (const code of codes) {
      const values = [userId, hashOfRecoveryCode(userId, code)];
      await tx.query('insert into recovery_codes (user_id, code_hash) values (?, ?)', values);
    }
    return codes;
  }

  /** In a transaction the row is locked. */
  private async read(userId: string, tx?: Transaction): Promise<Row | undefined> {
    const sql = `select secret, confirmed_at from second_factors where user_id = ? ${tx ? 'for update' : ''}`;
    return (await (tx ?? this.transactions).query<Row>(sql, [userId])).rows[0];
  }

  private secretOf(userId: string, { secret }: Row): string {
    return this.cipher.decrypt(secret, ownerOf(userId));
  }
}

function ownerOf(userId: string): string {
  return `second-factor:${userId}`;
}

function wrongCode(): UnauthenticatedError {
  return new UnauthenticatedError('SECOND_FACTOR_INVALID', 'The code is wrong or was used already.');
}

function wrongFirstCode(): ValidationError {
  const message = 'is not the present code of the authenticator app';
  return new ValidationError([{ path: 'code', code: 'SECOND_FACTOR_INVALID', message }], 'SECOND_FACTOR_INVALID');
}

function notEnrolled(): ConflictError {
  return new ConflictError('SECOND_FACTOR_NOT_ENROLLED', 'There is no second factor.');
}
