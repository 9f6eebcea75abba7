import type { Logger } from '@nestjs/common';
import { InternalError } from '../common/errors/errors.js';
import { runWithRequestContext } from '../common/request-context/request-context.js';
import { Backoff } from './backoff.js';
import type { InboundMessage } from './inbound-message.js';
import { MessageBatch } from './message-batch.js';
import type { MqttCounters } from './mqtt-connection-state.js';
import type { MqttSettings } from './mqtt.options.js';
import { oversizeRejection } from './oversize.js';
import { pause } from './pause.js';
import type { PoisonSink } from './poison-sink.js';

export type BatchHandler = (batch: MessageBatch) => Promise<void>;

/** What the settler needs from around it. */
export interface SettlerParts {
  readonly settings: MqttSettings;
  readonly sink: PoisonSink;
  readonly counters: MqttCounters;
  readonly logger: Logger;
  /** Called with messages that were handled or set aside, and only with those. */
  readonly settled: (messages: readonly InboundMessage[]) => void;
  /** Aborted when a shutdown waits no longer: what is not settled then stays with the broker. */
  readonly giveUp: AbortSignal;
}

/** A call of the handler that failed for a reason that does not pass by itself. */
interface Failure {
  readonly error: unknown;
}

/**
 * Brings every message of a batch to its end: handled, or set aside. A failure that passes is repeated for as long as it
 * takes; for any other one the batch is halved until the messages at fault stand alone.
 */
export class BatchSettler {
  constructor(private readonly parts: SettlerParts) {}

  /** Resolves when every message is settled, or after `giveUp`; never rejects for an error of the handler. */
  async settle(pattern: string, messages: InboundMessage[], handle: BatchHandler): Promise<void> {
    try {
      await this.resolve(pattern, messages, handle);
    } catch (error) {
      if (!this.parts.giveUp.aborted) throw error;
    }
  }

  private async resolve(pattern: string, messages: InboundMessage[], handle: BatchHandler): Promise<void> {
    const batch = new MessageBatch(pattern, messages);
    const failure = await this.tryUntilClear(batch, handle);
    this.parts.giveUp.throwIfAborted();
    if (failure === undefined) return this.parts.settled(messages);
    const [first, ...others] = messages;
    if (first === undefined) return;
    if (others.length === 0) return this.setAside(batch.id, first, causeOf(failure.error));
    const middle = Math.ceil(messages.length / 2);
    await this.resolve(pattern, messages.slice(0, middle), handle);
    await this.resolve(pattern, messages.slice(middle), handle);
  }

  /** Hands the batch to the handler until it succeeds (undefined) or fails for good. */
  private async tryUntilClear(batch: MessageBatch, handle: BatchHandler): Promise<Failure | undefined> {
    const { counters, settings } = this.parts;
    const backoff = this.retryBackoff();
    for (;;) {
      // Verdicts of an attempt that failed do not count; each attempt makes its own.
      for (const message of batch.messages) message.rejection = oversizeRejection(message, settings.maxPayloadBytes);
      try {
        await runWithRequestContext({ requestId: batch.id }, () => handle(batch));
        counters.batches += 1;
        for (const message of batch.messages) if (message.rejection !== undefined) counters.rejected += 1;
        return undefined;
      } catch (error) {
        counters.batchFailures += 1;
        if (!this.isTransient(error)) return { error };
        counters.retries += 1;
        await this.waitToRepeat(
          backoff.next(),
          `batch ${batch.id} of ${batch.messages.length} (${batch.pattern})`,
          error,
        );
      }
    }
  }

  private async setAside(requestId: string, message: InboundMessage, error: unknown): Promise<void> {
    const { counters, logger, sink, settled } = this.parts;
    const backoff = this.retryBackoff();
    for (;;) {
      try {
        await runWithRequestContext({ requestId }, () => sink.setAside(message, error));
        break;
      } catch (sinkError) {
        await this.waitToRepeat(backoff.next(), `setting aside a message of ${message.topic}`, sinkError);
      }
    }
    counters.setAside += 1;
    logger.error(`message of ${message.topic} set aside: ${text(error)}`);
    this.parts.giveUp.throwIfAborted();
    settled([message]);
  }

  /** What is not an Error (Nest's own filter throws such) says nothing about the messages: they are not to blame. */
  private isTransient(error: unknown): boolean {
    return !(error instanceof Error) || this.parts.settings.isTransient(error);
  }

  private retryBackoff(): Backoff {
    const { retryInitialMs, retryMaxMs, retryQuickMs } = this.parts.settings;
    return new Backoff(retryInitialMs, retryMaxMs, retryQuickMs);
  }

  private async waitToRepeat(milliseconds: number, what: string, error: unknown): Promise<void> {
    this.parts.logger.warn(`${what} failed, next try in ${milliseconds} ms: ${text(error)}`);
    await pause(milliseconds, this.parts.giveUp);
  }
}

/** The global filter hides a defect from callers; who looks at a message that was set aside wants to see it. */
function causeOf(error: unknown): unknown {
  return error instanceof InternalError && error.cause !== undefined ? error.cause : error;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}
