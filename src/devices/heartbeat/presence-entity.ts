import type { DevicePresence } from '../device-presence.entity.js';
import type { LifeCondition } from './life.js';
import type { Known } from './presence.store.js';

/** What is known of a device, from its entity. */
export function knownOfEntity(row: DevicePresence): Known {
  const epoch = (at: Date | null | undefined): number | null => at?.getTime() ?? null;
  const lastSeenAt = row.lastSeenAt.getTime();
  return {
    presence: {
      lastSeenAt,
      reportedStatus: row.reportedStatus ?? null,
      reportedAt: epoch(row.reportedAt),
      batteryLevel: row.batteryLevel ?? null,
      signalStrength: row.signalStrength ?? null,
      firmware: row.firmware ?? null,
      message: row.message ?? null,
      lastDataAt: epoch(row.lastDataAt),
      clockWrongAt: epoch(row.clockWrongAt),
    },
    life: {
      state: row.state,
      reason: row.reason ?? 'LAST_HEARTBEAT',
      since: epoch(row.stateSince) ?? lastSeenAt,
      conditions: row.conditions === '' ? [] : (row.conditions.split(',') as LifeCondition[]),
      watchedSince: epoch(row.watchedSince) ?? lastSeenAt,
    },
  };
}
