import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import type { AlertRule } from './alert-rule.entity.js';

/**
 * What becomes of a rule's alerts when the rule does not watch their sensors any more. Declared here, implemented by the
 * alerts room, called inside the transaction that changes the rule.
 */
export abstract class RuleAlerts {
  /** Locks the series on which the rule holds anything. Has to come before the rule is locked, as in ingestion. */
  abstract lock(transaction: Transaction, ruleId: string): Promise<void>;

  /**
   * Resolves the open alerts of sensors that the changed and locked rule does not watch (all of them, when it is
   * disabled or deleted), and forgets where it stood on them. Answers the live events to tell.
   * @param userId the person who changed the rule
   */
  abstract release(transaction: Transaction, rule: AlertRule, userId: string): Promise<NewLiveEvent[]>;
}
