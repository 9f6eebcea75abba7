import type { InboundMessage } from './inbound-message.js';

/**
 * Keeps messages that can never be handled, so that they can be acknowledged and looked at later.
 * Declared here, implemented by readings.
 */
export abstract class PoisonSink {
  /**
   * Stores the message with its error, durably, before it resolves. Called again for the same message when it throws,
   * or when the acknowledgement got lost.
   */
  abstract setAside(message: InboundMessage, error: unknown): Promise<void>;
}
