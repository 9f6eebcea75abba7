import type { Transaction } from '../database/transaction.js';

/** The person whose account it is about. */
export interface AccountOwner {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** What the users room asks of sign-in. Declared here, implemented by auth. */
export abstract class AccountAccess {
  /**
   * Makes a new link by which the person chooses a password, and sends it to their e-mail address once `tx` is
   * committed. Links that were sent before end.
   */
  abstract invite(tx: Transaction, user: AccountOwner): Promise<void>;

  /**
   * Ends everything that the person is signed in with: every session, its refresh tokens and its WebSockets, within a
   * second on every instance. Links to choose a password end too.
   */
  abstract endSessions(tx: Transaction, userId: string): Promise<void>;

  /** Switches the second factor of somebody off who lost it. @returns false when there was none */
  abstract removeSecondFactor(tx: Transaction, user: AccountOwner): Promise<boolean>;
}
