import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import type { NewLiveEvent } from '../../outbox/live-event.js';
import { DevicePresence } from '../device-presence.entity.js';
import { DeviceFactsReader, type JudgedDevice } from './device-facts.js';
import { LifeChanges } from './life-changes.js';
import type { Life } from './life-case.js';
import { judge, pass, unheardLife } from './life-judge.js';
import { Listening } from './listening/listening.js';
import { knownOfEntity } from './presence-entity.js';
import { PresenceStore } from './presence.store.js';

/** What devices are at this moment, and what becomes of them when somebody changes something about them. */
@Injectable()
export class DeviceLife {
  constructor(
    private readonly transactions: Transactions,
    private readonly store: PresenceStore,
    private readonly facts: DeviceFactsReader,
    private readonly listening: Listening,
    private readonly changes: LifeChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * The lives of devices that the caller may see, computed from what is stored: also while nobody sweeps.
   * @param presences of those that were heard, by device id
   */
  async of(
    deviceIds: readonly string[],
    presences: ReadonlyMap<string, DevicePresence>,
  ): Promise<ReadonlyMap<string, Life>> {
    const devices = await this.facts.read(this.transactions, deviceIds);
    return new Map([...devices].map(([id, facts]) => [id, this.lifeOf(facts, presences.get(id))]));
  }

  /** Whoever changes a device takes its presence first, as messages do: then nobody waits for the other crosswise. */
  async lock(tx: Transaction, deviceId: string): Promise<void> {
    await this.store.lockKnown(tx, [deviceId]);
  }

  /**
   * Judges a device that somebody has just changed, in the transaction of the change. A device that was never heard has
   * no life to enter: what it is follows from its record.
   * @returns live events; the caller appends them to the outbox as its last step
   */
  async reconsider(tx: Transaction, deviceId: string): Promise<NewLiveEvent[]> {
    const known = (await this.store.lockKnown(tx, [deviceId])).get(deviceId);
    const facts = (await this.facts.read(tx, [deviceId])).get(deviceId);
    if (known === undefined || facts === undefined) return [];
    const at = this.clock.nowMs();
    const { presence, life: before } = known;
    const one = { ...this.listening.caseOf(facts), presence };
    const life = judge(one, before, at);
    await this.store.save(
      tx,
      new Map([[deviceId, { presence, life, nextDueAt: pass(one, life, -Infinity).nextDueAt }]]),
    );
    return this.changes.enter(tx, [
      { facts, lives: [before, life], presence, previousStatus: presence.reportedStatus, at },
    ]);
  }

  private lifeOf(facts: JudgedDevice, presence: DevicePresence | undefined): Life {
    const now = this.clock.nowMs();
    if (presence === undefined) return unheardLife(facts, now);
    const known = knownOfEntity(presence);
    const one = { ...this.listening.caseOf(facts), presence: known.presence };
    return pass(one, known.life, one.listened.until).steps.at(-1) ?? known.life;
  }
}
