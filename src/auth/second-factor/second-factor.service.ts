import { Injectable } from '@nestjs/common';
import { ValidationError } from '../../common/errors/errors.js';
import { CONFIRM_DOOR } from '../attempts/attempt-limits.js';
import { Attempts } from '../attempts/attempts.js';
import type { AuthenticatedUser } from '../authenticated-user.js';
import { OwnAccountService } from '../own-account.service.js';
import type { ProofBody } from './second-factor.schemas.js';
import { SecondFactors, type Enrolment, type SecondFactorState } from './second-factors.js';

/** What people do with their own second factor; every change asks for the password once more, and is told by e-mail. */
@Injectable()
export class SecondFactorService {
  constructor(
    private readonly factors: SecondFactors,
    private readonly account: OwnAccountService,
    private readonly attempts: Attempts,
  ) {}

  state(user: AuthenticatedUser): Promise<SecondFactorState> {
    return this.factors.state(user.id);
  }

  /** @throws as `OwnAccountService.confirm` and `SecondFactors.enrol` */
  async enrol(user: AuthenticatedUser, password: string): Promise<Enrolment> {
    await this.account.confirm(user, { field: 'password', password });
    return this.factors.enrol(user);
  }

  /** @throws as `SecondFactors.confirm`; RateLimitedError `TOO_MANY_ATTEMPTS` */
  async confirm(user: AuthenticatedUser, code: string): Promise<string[]> {
    const codes = await this.attempts.at(CONFIRM_DOOR, user.id, () => this.factors.confirm(user, code), isWrongCode);
    this.account.tell(user, 'Second factor switched on', 'a second factor was switched on for your account.');
    return codes;
  }

  /** @throws as `OwnAccountService.confirm`; ConflictError `SECOND_FACTOR_NOT_ENROLLED` */
  async renewRecoveryCodes(user: AuthenticatedUser, { password, code }: ProofBody): Promise<string[]> {
    await this.account.confirm(user, { field: 'password', password, factor: { code } });
    const codes = await this.factors.renewRecoveryCodes(user);
    this.account.tell(user, 'New recovery codes', 'new recovery codes were drawn for your account.');
    return codes;
  }

  /** @throws as `OwnAccountService.confirm`; ConflictError `SECOND_FACTOR_NOT_ENROLLED` */
  async disable(user: AuthenticatedUser, { password, code }: ProofBody): Promise<SecondFactorState> {
    await this.account.confirm(user, { field: 'password', password, factor: { code } });
    await this.factors.disable(user);
    this.account.tell(user, 'Second factor switched off', 'the second factor of your account was switched off.');
    return this.factors.state(user.id);
  }
}

function isWrongCode(error: unknown): boolean {
  return error instanceof ValidationError;
}
