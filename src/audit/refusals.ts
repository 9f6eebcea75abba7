import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { currentActor, currentOperation } from '../common/request-context/request-context.js';
import { AuditLog } from './audit-log.js';

/** Refusals of one person that are noted per minute and instance; the rest is counted. */
const MAX_PER_MINUTE = 20;
/** People that are counted at a time, and notes on their way to the database. */
const MAX_PEOPLE = 10_000;
const MAX_UNDER_WAY = 50;
const WINDOW_MS = 60_000;
const REFUSED = 'access.refused';

/** Refusals of a person since a moment. */
interface Count {
  readonly since: number;
  noted: number;
  left: number;
}

/**
 * Notes what signed-in people were refused, beside the answer: it neither waits for the database nor fails with it, and
 * somebody who asks in a loop does not fill the log.
 */
@Injectable()
export class Refusals implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Refusals.name);
  private readonly counts = new Map<string, Count>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly log: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * The person of the current request was refused.
   * @param code why, as the answer says it
   * @param permission the one that is missing
   */
  note(code: string, permission?: string): void {
    const actor = currentActor();
    if (actor?.kind !== 'user') return;
    const count = this.countOf(actor.id);
    if (count.noted >= MAX_PER_MINUTE || this.underWay.size >= MAX_UNDER_WAY) {
      count.left++;
      return;
    }
    count.noted++;
    const after = { code, permission, operation: currentOperation(), notNoted: count.left || undefined };
    count.left = 0;
    const { municipalityIds } = actor;
    const noting = this.log
      .note({ action: REFUSED, outcome: 'refused', municipalityIds, changes: { after } })
      .catch((error: unknown) => this.logger.warn(`a refusal could not be noted: ${String(error)}`))
      .finally(() => this.underWay.delete(noting));
    this.underWay.add(noting);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private countOf(userId: string): Count {
    const now = this.clock.nowMs();
    const known = this.counts.get(userId);
    if (known && now - known.since < WINDOW_MS) return known;
    // What was left out of the last minute is told with the next note.
    const fresh = { since: now, noted: 0, left: known?.left ?? 0 };
    this.counts.delete(userId);
    if (this.counts.size >= MAX_PEOPLE) this.counts.delete(this.counts.keys().next().value ?? '');
    this.counts.set(userId, fresh);
    return fresh;
  }
}
