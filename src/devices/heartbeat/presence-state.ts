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
  /** Arrival of the last readings. */
  readonly lastDataAt: number | null;
  /** Arrival of the last readings whose time could not be right; null once they are right again. */
  readonly clockWrongAt: number | null;
}

/** One sign of life: a status, a heartbeat, or the bare fact that something came. */
export interface SignOfLife {
  readonly deviceId: string;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
  /** Kept by the broker from an earlier time: tells what the device said once, not that it lives. */
  readonly retained?: boolean;
  readonly status?: ReportedStatus;
  readonly batteryLevel?: number;
  readonly signalStrength?: number;
  readonly firmware?: string;
  readonly message?: string;
  /** Readings came with it. */
  readonly data?: boolean;
  /** Whether the times of its readings could be right; absent: nothing is known. */
  readonly clock?: 'right' | 'wrong';
}

const UNKNOWN = {
  ...{ reportedStatus: null, reportedAt: null, batteryLevel: null, signalStrength: null, firmware: null },
  ...{ message: null, lastDataAt: null, clockWrongAt: null },
};

/** Whether a device must be there for it to come: a last will, and what the broker has kept, come without it. */
export function showsLife({ status, retained }: SignOfLife): boolean {
  return status !== 'offline' && !retained;
}

/**
 * What is known after a sign of life; the same object when it brings nothing new. Only moves forward in time, so that
 * repeated messages, and messages that overtake each other on two instances, end in the same state.
 */
export function afterSign(known: PresenceState | null, sign: SignOfLife): PresenceState {
  const before: PresenceState = known ?? { ...UNKNOWN, lastSeenAt: sign.at };
  // Whoever has spoken since is better known than by what the broker kept, and is not gone by an earlier end.
  const isKept = sign.retained && known !== null;
  if (isKept && (known.reportedStatus !== null || sign.status === undefined || sign.status === 'offline')) return known;
  const isNewest = sign.at >= Math.max(before.lastSeenAt, before.reportedAt ?? 0);
  if (!isNewest) return belated(before, sign);
  const status = sign.status ?? (livesAgain(before, sign) ? 'online' : undefined);
  return {
    // "offline" is said by the broker for a device that is gone (last will): it tells an end, not a life.
    lastSeenAt: showsLife(sign) ? sign.at : before.lastSeenAt,
    reportedStatus: status ?? before.reportedStatus,
    reportedAt: status === undefined ? before.reportedAt : sign.at,
    batteryLevel: sign.batteryLevel ?? before.batteryLevel,
    signalStrength: sign.signalStrength ?? before.signalStrength,
    firmware: sign.firmware ?? before.firmware,
    message: sign.status === undefined ? (sign.message ?? before.message) : (sign.message ?? null),
    ...dataAfter(before, sign),
  };
}

/** Readings are noted a moment after they came, so that a heartbeat can overtake them: that they came still counts. */
function belated(before: PresenceState, sign: SignOfLife): PresenceState {
  const { lastDataAt, clockWrongAt } = dataAfter(before, sign);
  if (lastDataAt === before.lastDataAt && clockWrongAt === before.clockWrongAt) return before;
  return { ...before, lastDataAt, clockWrongAt };
}

function dataAfter(before: PresenceState, sign: SignOfLife): Pick<PresenceState, 'lastDataAt' | 'clockWrongAt'> {
  const lastDataAt = sign.data ? Math.max(sign.at, before.lastDataAt ?? 0) : before.lastDataAt;
  if (sign.clock === undefined || sign.at < (before.clockWrongAt ?? 0)) {
    return { lastDataAt, clockWrongAt: before.clockWrongAt };
  }
  return { lastDataAt, clockWrongAt: sign.clock === 'wrong' ? sign.at : null };
}

/** Anything that comes after "offline" shows that the device is back, whether it says so or not. */
function livesAgain(before: PresenceState, sign: SignOfLife): boolean {
  return before.reportedStatus === 'offline' && !sign.retained && sign.at > (before.reportedAt ?? 0);
}
