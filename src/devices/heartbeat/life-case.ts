import type { LifeCondition, LifeReason, LifeState } from './life.js';
import type { ListenedTime } from './listening/listened-time.js';
import type { PresenceState } from './presence-state.js';

/** What is known of a device besides its signs of life. Spans in milliseconds, instants in epoch milliseconds. */
export interface DeviceFacts {
  readonly deviceId: string;
  readonly municipalityId: string;
  readonly active: boolean;
  readonly municipalityActive: boolean;
  readonly intervalMs: number;
  readonly reportingMs: number;
  readonly maintenanceUntil: number | null;
  /** It has sensors that are switched on. */
  readonly expectsData: boolean;
}

/** What a device was found to be. */
export interface Life {
  readonly state: LifeState;
  readonly reason: LifeReason;
  /** When it became so. */
  readonly since: number;
  readonly conditions: readonly LifeCondition[];
  /** Silence before this instant does not count. */
  readonly watchedSince: number;
}

/** All that a device is judged by. */
export interface Case {
  readonly facts: DeviceFacts;
  readonly presence: PresenceState;
  readonly listened: ListenedTime;
  /** Milliseconds after a new beginning of listening in which nobody becomes late or offline: what waits comes first. */
  readonly graceMs: number;
}
