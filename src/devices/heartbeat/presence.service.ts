import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transaction.js';
import { OutboxService } from '../../outbox/outbox.service.js';
import { DeviceFactsReader, type JudgedDevice } from './device-facts.js';
import { LifeChanges, type Passage } from './life-changes.js';
import type { DeviceFacts, Life } from './life-case.js';
import { judge, pass, unheardLife } from './life-judge.js';
import { Listening } from './listening/listening.js';
import { afterSign, showsLife, type SignOfLife } from './presence-state.js';
import { PresenceStore, type Kept, type Known } from './presence.store.js';

/** Keeps what is known of the life of devices, and enters every change of it at once: nobody waits for the next sweep. */
@Injectable()
export class PresenceService {
  constructor(
    private readonly transactions: Transactions,
    private readonly store: PresenceStore,
    private readonly facts: DeviceFactsReader,
    private readonly listening: Listening,
    private readonly changes: LifeChanges,
    private readonly outbox: OutboxService,
  ) {}

  /**
   * Takes signs of life in the order of their arrival, in one transaction; repeating them changes nothing.
   * @returns the devices that there are
   */
  async record(signs: readonly SignOfLife[]): Promise<ReadonlyMap<string, DeviceFacts>> {
    if (signs.length === 0) return new Map();
    const ids = [...new Set(signs.map(({ deviceId }) => deviceId))].sort();
    return this.transactions.run(async (tx) => {
      const known = await this.store.lock(tx, ids);
      // After the locks: what somebody decides about a device meanwhile comes before, or waits for us.
      const devices = await this.facts.read(tx, ids);
      const passages: Passage[] = [];
      const kept = new Map<string, Kept>();
      for (const sign of signs) {
        const device = devices.get(sign.deviceId);
        if (device === undefined || !known.has(sign.deviceId)) continue; // It was deleted a moment ago.
        const passage = this.take(device, kept.get(sign.deviceId) ?? known.get(sign.deviceId)!, sign, kept);
        if (passage) passages.push(passage);
      }
      await this.store.save(tx, kept);
      const events = await this.changes.enter(tx, passages);
      await this.outbox.append(tx, events);
      return devices;
    });
  }

  /** Lets time pass until the sign, and then takes it; undefined when it brings nothing new. */
  private take(
    device: JudgedDevice,
    before: Known | null,
    sign: SignOfLife,
    kept: Map<string, Kept>,
  ): Passage | undefined {
    // It stays never seen: an end, or what was kept of an earlier time, is not the beginning of a life.
    if (before === null && !showsLife(sign)) return undefined;
    const presence = afterSign(before?.presence ?? null, sign);
    if (before !== null && presence === before.presence) return undefined;
    const base = this.listening.caseOf(device);
    const lives: [Life, ...Life[]] = [before?.life ?? unheardLife(device, sign.at)];
    if (before !== null) {
      const upTo = Math.min(sign.at - 1, base.listened.until);
      lives.push(...pass({ ...base, presence: before.presence }, before.life, upTo).steps);
    }
    const heard = showsLife(sign) && sign.at >= (before?.presence.lastSeenAt ?? 0);
    const now = { ...base, presence };
    const life = judge(now, lives.at(-1)!, sign.at, { heard, data: sign.data === true });
    lives.push(life);
    kept.set(device.deviceId, { presence, life, nextDueAt: pass(now, life, -Infinity).nextDueAt });
    const previousStatus = before?.presence.reportedStatus ?? null;
    return { facts: device, lives, presence, previousStatus, at: sign.at };
  }
}
