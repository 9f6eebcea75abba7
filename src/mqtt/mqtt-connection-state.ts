import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ConnectionStatus } from './connection-status.js';

/** Numbers since the start of the process; the last four are of the moment. */
export class MqttCounters {
  /** Messages taken in, redeliveries included, and their payload bytes as sent. */
  received = 0;
  receivedBytes = 0;
  /** Of these, marked by the broker as possibly delivered before. */
  duplicates = 0;
  /** Acknowledgements sent (QoS 1 and 2). */
  acknowledged = 0;
  /** Acknowledgements not sent, because the connection that they belong to is gone; the broker delivers again. */
  acknowledgementsDropped = 0;
  /** Batches handled, and the messages in them that a guard, a pipe or the transport refused. */
  batches = 0;
  rejected = 0;
  /** Calls of a handler that failed, and of these the ones repeated because the cause passes. */
  batchFailures = 0;
  retries = 0;
  setAside = 0;
  /** Messages sent to the broker and acknowledged by it. */
  published = 0;
  /** Times that reading from the broker was stopped for back-pressure. */
  parkings = 0;

  /** Messages and bytes taken in and not yet settled. */
  inFlight = 0;
  inFlightBytes = 0;
  /** Whether reading from the broker is stopped right now. */
  parked = false;
}

/** State of the transport, for monitoring: of the receiving connection, of the publishing one, and the counters. */
@Injectable()
export class MqttConnectionState extends ConnectionStatus {
  /** Whether the broker has granted every subscription of the session in use. */
  subscribed = false;
  readonly counters = new MqttCounters();
  /** Asks the broker for a sign of life; set by whoever holds the connection. */
  probe: () => void = () => undefined;
  readonly publisher: ConnectionStatus;
  /** The connection that manages the broker's dynamic security; closed where that is not ours to manage. */
  readonly control: ConnectionStatus;

  constructor(clock: Clock) {
    super(clock);
    this.publisher = new ConnectionStatus(clock);
    this.control = new ConnectionStatus(clock);
  }
}
