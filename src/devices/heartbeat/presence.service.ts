import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transaction.js';
import type { NewLiveEvent } from '../../outbox/live-event.js';
import { OutboxService } from '../../outbox/outbox.service.js';
import { afterSign, type PresenceState, type SignOfLife } from './presence-state.js';
import { PresenceStore } from './presence.store.js';

/** Keeps what is known of the life of devices, and tells control rooms when a reported status changes. */
@Injectable()
export class PresenceService {
  constructor(
    private readonly transactions: Transactions,
    private readonly store: PresenceStore,
    private readonly outbox: OutboxService,
  ) {}

  /** Takes signs of life in the order of their arrival, in one transaction; repeating them changes nothing. */
  async record(signs: readonly SignOfLife[]): Promise<void> {
    if (signs.length === 0) return;
    const ids = [...new Set(signs.map(({ deviceId }) => deviceId))].sort();
    await this.transactions.run(async (tx) => {
      const known = await this.store.lock(tx, ids);
      const changed = new Map<string, PresenceState>();
      const events: NewLiveEvent[] = [];
      for (const sign of signs) {
        const before = changed.get(sign.deviceId) ?? known.get(sign.deviceId);
        if (before === undefined) continue; // The device was deleted a moment ago.
        const after = afterSign(before, sign);
        if (after === before) continue;
        changed.set(sign.deviceId, after);
        const previousStatus = before?.reportedStatus ?? null;
        if (after.reportedStatus !== previousStatus) events.push(statusEvent(sign, after, previousStatus));
      }
      await this.store.save(tx, changed);
      if (events.length > 0) await this.outbox.append(tx, events);
    });
  }
}

function statusEvent(sign: SignOfLife, state: PresenceState, previousStatus: string | null): NewLiveEvent {
  const payload = JSON.stringify({
    deviceId: sign.deviceId,
    municipalityId: sign.municipalityId,
    change: 'status',
    reportedStatus: state.reportedStatus,
    previousStatus,
    lastSeenAt: new Date(state.lastSeenAt).toISOString(),
    batteryLevel: state.batteryLevel,
    signalStrength: state.signalStrength,
    firmware: state.firmware,
    message: state.message,
  });
  return { municipalityId: sign.municipalityId, type: 'device', payload };
}
