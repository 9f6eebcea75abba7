import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';

/** What can be wrong with a device itself, as opposed to what it measures; at most one alert of each is open per device. */
export const DEVICE_ALERT_KINDS = [
  'device_offline',
  'device_fault',
  'device_clock',
  'device_battery',
  'device_signal',
  'certificate_expiring',
] as const;

/** Kind of an alert about a device. */
export type DeviceAlertKind = (typeof DEVICE_ALERT_KINDS)[number];

/** An alert about a device that is to be open. Raised again while it is open, it is brought up to date and not doubled. */
export interface DeviceAlertRaise {
  readonly deviceId: string;
  readonly municipalityId: string;
  readonly kind: DeviceAlertKind;
  readonly severity: 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** A sentence for the control room, at most 200 characters. */
  readonly title: string;
  /** When it became so, epoch milliseconds. */
  readonly at: number;
}

/** An alert about a device that is to be over, if it is open. */
export interface DeviceAlertClear {
  readonly deviceId: string;
  readonly kind: DeviceAlertKind;
  /** When it became so, epoch milliseconds. */
  readonly at: number;
}

/** Opens and ends alerts about devices. Declared here, implemented by alerts, which this room does not import. */
export abstract class DeviceAlerts {
  /**
   * Brings the alerts in line, in the caller's transaction.
   * @returns live events of what changed; the caller appends them to the outbox as its last step
   */
  abstract apply(
    tx: Transaction,
    raised: readonly DeviceAlertRaise[],
    cleared: readonly DeviceAlertClear[],
  ): Promise<NewLiveEvent[]>;
}
