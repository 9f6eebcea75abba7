import { newId } from '../common/ids.js';
import type { InboundMessage } from './inbound-message.js';

/** The messages of one pattern that guards, pipes and handler see together, once. */
export class MessageBatch {
  /** @param id request id of the work on this batch, also of its repetitions */
  constructor(
    readonly pattern: string,
    readonly messages: InboundMessage[],
    readonly id: string = newId(),
  ) {}

  /** Gives one message a verdict; the first one stands. The other messages are not touched. */
  reject(message: InboundMessage, code: string, reason: string): void {
    message.rejection ??= { code, reason };
  }

  /** The messages that nobody objected to, in the order of their arrival. */
  accepted(): InboundMessage[] {
    return this.messages.filter((message) => message.rejection === undefined);
  }

  /** The messages with a verdict, in the order of their arrival. */
  rejected(): InboundMessage[] {
    return this.messages.filter((message) => message.rejection !== undefined);
  }
}
