import type { ReportedStatus } from '../device-presence.entity.js';

/** What is known of a device's life. Instants are epoch milliseconds. */
export interface PresenceState {
  readonly lastSeenAt: number;
  readonly reportedStatus: ReportedStatus | null;
  readonly reportedAt: number | null;
  readonly batteryLevel: number | null;
  readonly signalStrength: number | null;
  readonly firmware: string | null;
  readonly message: string | null;
}

/** One sign of life: a status, a heartbeat, or the bare fact that something came. */
export interface SignOfLife {
  readonly deviceId: string;
  readonly municipalityId: string;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
  /** Kept by the broker from an earlier time: tells what the device said once, not that it lives. */
  readonly retained?: boolean;
  readonly status?: ReportedStatus;
  readonly batteryLevel?: number;
  readonly signalStrength?: number;
  readonly firmware?: string;
  readonly message?: string;
}

const UNKNOWN = { reportedStatus: null, reportedAt: null, batteryLevel: null, signalStrength: null, firmware: null };

/**
 * What is known after a sign of life; the same object when it brings nothing new. Only moves forward in time, so that
 * repeated messages, and messages that overtake each other on two instances, end in the same state.
 */
export function afterSign(known: PresenceState | null, sign: SignOfLife): PresenceState {
  const before: PresenceState = known ?? { ...UNKNOWN, message: null, lastSeenAt: sign.at };
  // Whoever has spoken since is better known than by what the broker kept.
  if (sign.retained && known !== null && (known.reportedStatus !== null || sign.status === undefined)) return known;
  const isNewest = sign.at >= Math.max(before.lastSeenAt, before.reportedAt ?? 0);
  if (!isNewest) return before;
  const status = sign.status ?? (livesAgain(before, sign) ? 'online' : undefined);
  return {
    // "offline" is said by the broker for a device that is gone (last will): it tells an end, not a life.
    lastSeenAt: sign.status === 'offline' || sign.retained ? before.lastSeenAt : sign.at,
    reportedStatus: status ?? before.reportedStatus,
    reportedAt: status === undefined ? before.reportedAt : sign.at,
    batteryLevel: sign.batteryLevel ?? before.batteryLevel,
    signalStrength: sign.signalStrength ?? before.signalStrength,
    firmware: sign.firmware ?? before.firmware,
    message: sign.status === undefined ? (sign.message ?? before.message) : (sign.message ?? null),
  };
}

/** Anything that comes after "offline" shows that the device is back, whether it says so or not. */
function livesAgain(before: PresenceState, sign: SignOfLife): boolean {
  return before.reportedStatus === 'offline' && !sign.retained && sign.at > (before.reportedAt ?? 0);
}
