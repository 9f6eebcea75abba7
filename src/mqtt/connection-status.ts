import type { Clock } from '../common/clock.js';

/**
 * Where a connection stands. `closed`: not opened, or ended by us; `connecting`: first attempt; `degraded`: connected,
 * but the broker refuses a subscription; `offline`: waiting for the next attempt; `reconnecting`: that attempt runs.
 */
export type MqttStatusName = 'closed' | 'connecting' | 'connected' | 'degraded' | 'offline' | 'reconnecting';

/** What there is to know about one connection to the broker. */
export class ConnectionStatus {
  private name: MqttStatusName = 'closed';
  private changedAt: Date;
  /** Attempts to connect since the last connection was up; 0 while connected. */
  attempts = 0;
  /** What went wrong last; kept after the recovery. */
  lastError: string | undefined = undefined;
  /** 4 is MQTT 3.1.1; what the next attempt will try while there is no connection. */
  protocolVersion: 4 | 5 | undefined = undefined;
  /** Whether the broker still knew our session when we connected. */
  sessionPresent = false;
  /** When the broker last sent anything, epoch milliseconds. */
  heardAt = 0;

  constructor(private readonly clock: Clock) {
    this.changedAt = clock.now();
  }

  get status(): MqttStatusName {
    return this.name;
  }

  /** When the status last changed. */
  get since(): Date {
    return this.changedAt;
  }

  /** The broker sent something. */
  heard(): void {
    this.heardAt = this.clock.nowMs();
  }

  become(status: MqttStatusName): void {
    if (status === this.name) return;
    this.name = status;
    this.changedAt = this.clock.now();
  }
}
