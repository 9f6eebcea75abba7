import type { MqttCounters } from './mqtt-connection-state.js';

export interface IntakeLimits {
  readonly maxInFlightMessages: number;
  readonly maxInFlightBytes: number;
}

/** Reading goes on when this part of both limits is free again, so that it does not stop and go with every message. */
const RESUME_BELOW = 0.75;

/**
 * Back-pressure: counts what was taken in and is not settled, and above a limit keeps the reader's callbacks instead of
 * calling them. A broker should stop by itself at the receive maximum; Mosquitto 2.0.11 goes beyond it, and QoS 0 has none.
 */
export class IntakeGate {
  private parked: (() => void)[] = [];

  constructor(
    private readonly limits: IntakeLimits,
    private readonly counters: MqttCounters,
  ) {}

  enter(bytes: number): void {
    this.counters.inFlight += 1;
    this.counters.inFlightBytes += bytes;
  }

  /** Whether the reader has to stop here. */
  isFull(): boolean {
    return this.isAbove(1);
  }

  /** Keeps the reader's way on until enough is settled. */
  park(next: () => void): void {
    if (!this.counters.parked) {
      this.counters.parked = true;
      this.counters.parkings += 1;
    }
    this.parked.push(next);
  }

  leave(messages: number, bytes: number): void {
    this.counters.inFlight -= messages;
    this.counters.inFlightBytes -= bytes;
    if (this.counters.parked && !this.isAbove(RESUME_BELOW)) this.open();
  }

  /** Lets a parked reader go on, whatever is in flight. */
  open(): void {
    const waiting = this.parked;
    this.parked = [];
    this.counters.parked = false;
    for (const next of waiting) next();
  }

  private isAbove(part: number): boolean {
    const { inFlight, inFlightBytes } = this.counters;
    return inFlight >= this.limits.maxInFlightMessages * part || inFlightBytes >= this.limits.maxInFlightBytes * part;
  }
}
