import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { Transactions } from '../../../database/transaction.js';
import { OutboxService } from '../../../outbox/outbox.service.js';
import { DeviceFactsReader } from '../device-facts.js';
import { LifeChanges, type Passage } from '../life-changes.js';
import type { Life } from '../life-case.js';
import { pass } from '../life-judge.js';
import type { Door } from '../listening/listening-span.entity.js';
import { Listening } from '../listening/listening.js';
import { PresenceStore, type Kept } from '../presence.store.js';

/** What a sweep did. */
export interface SweepResult {
  /** Devices that were due. */
  readonly looked: number;
  /** Of these, the ones that became something else; the others had news meanwhile, or time is left. */
  readonly changed: number;
}

/** Devices of one transaction: short locks, and room for messages between them. */
const CHUNK = 2_000;
/** Devices of one sweep; the next one goes on. */
const MAX_DEVICES = 100_000;
/** The devices of each door, as the facts of a device have it. */
const HEARD_BY: Readonly<Record<Door, string>> = {
  mqtt: `(p.transport is null or p.transport <> 'http')`,
  http: `p.transport = 'http'`,
};

/**
 * Finds devices that became late or offline, or whose maintenance is over, by nothing but time. Only those are looked at
 * whose instant has come; each is judged again with its row locked, so that a message that comes at the same moment
 * wins, whichever of both is faster. Several may sweep at once: they share the work.
 */
@Injectable()
export class Sweeper {
  /** When the last sweep of this process ended, epoch milliseconds. */
  lastAt = -Infinity;

  constructor(
    private readonly transactions: Transactions,
    private readonly store: PresenceStore,
    private readonly facts: DeviceFactsReader,
    private readonly listening: Listening,
    private readonly changes: LifeChanges,
    private readonly outbox: OutboxService,
    private readonly clock: Clock,
  ) {}

  /** @param stopping asked between two pieces */
  async sweep(stopping: () => boolean = () => false): Promise<SweepResult> {
    await this.listening.refresh(this.clock.nowMs());
    const result = { looked: 0, changed: 0 };
    for (const door of ['mqtt', 'http'] as const) {
      // While nobody listens at a door its devices are left alone: nothing could be said of them again and again.
      const asOf = this.listening.at(door).until;
      const ids = asOf === -Infinity ? [] : await this.due(door, asOf);
      for (let from = 0; from < ids.length && !stopping(); from += CHUNK) {
        const { looked, changed } = await this.sweepSome(ids.slice(from, from + CHUNK).sort(), asOf);
        result.looked += looked;
        result.changed += changed;
      }
    }
    this.lastAt = this.clock.nowMs();
    return result;
  }

  private async due(door: Door, asOf: number): Promise<string[]> {
    const { rows } = await this.transactions.query<{ device_id: string }>(
      `select l.device_id from device_presence l
       join devices d on d.id = l.device_id left join protocols p on p.code = d.protocol_code
       where l.next_due_at <= ? and ${HEARD_BY[door]} order by l.next_due_at, l.device_id limit ${MAX_DEVICES}`,
      [this.transactions.dialect.instant(asOf)],
    );
    return rows.map((row) => row.device_id);
  }

  private sweepSome(ids: readonly string[], asOf: number): Promise<SweepResult> {
    return this.transactions.run(async (tx) => {
      const due = await this.store.lockDue(tx, ids, asOf);
      const devices = await this.facts.read(tx, [...due.keys()]);
      const kept = new Map<string, Kept>();
      const passages: Passage[] = [];
      for (const [id, { presence, life: before }] of due) {
        const facts = devices.get(id);
        if (facts === undefined) continue;
        const one = { ...this.listening.caseOf(facts), presence };
        const { steps, nextDueAt } = pass(one, before, one.listened.until);
        const lives: [Life, ...Life[]] = [before, ...steps];
        const life = lives.at(-1)!;
        kept.set(id, { presence, life, nextDueAt });
        if (steps.length === 0) continue;
        passages.push({ facts, lives, presence, previousStatus: presence.reportedStatus, at: asOf });
      }
      await this.store.save(tx, kept);
      await this.outbox.append(tx, await this.changes.enter(tx, passages));
      return { looked: due.size, changed: passages.length };
    });
  }
}
