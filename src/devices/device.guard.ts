import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { InboundMessage } from '../mqtt/inbound-message.js';
import type { MessageBatch } from '../mqtt/message-batch.js';
import { TOPICS } from '../mqtt/topics.js';
import { DeviceRegistry } from './device-registry.js';
import { SignsOfLife } from './heartbeat/signs-of-life.js';
import { signatureClaimOf } from './signatures/message-signature.js';
import { MessageSignatures, type SignedMessage } from './signatures/message-signatures.js';

const DEVICE_ID = /^[A-Za-z0-9_-]{3,64}$/;

const REASONS = {
  UNKNOWN_DEVICE: 'no device is registered under the id in the topic',
  DEVICE_INACTIVE: 'the device or its municipality is deactivated',
  SIGNATURE_MISSING: 'the device has to sign its messages, and this one is not signed',
} as const;

/**
 * Guard of MQTT batches: gives each message of an unknown or inactive device its verdict, and each that should have been
 * signed and was not, or was and wrongly. The batch itself always passes, since one bad message must not hold up the
 * others. A signed message is unwrapped: what comes after the guard sees what was signed.
 */
@Injectable()
export class DeviceGuard implements CanActivate {
  constructor(
    private readonly registry: DeviceRegistry,
    private readonly signatures: MessageSignatures,
    private readonly signsOfLife: SignsOfLife,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const batch = context.switchToRpc().getData<MessageBatch>();
    const devices = await this.registry.resolve(wellFormedIds(batch.messages));
    const signed: SignedMessage[] = [];
    for (const message of batch.messages) {
      if (message.rejection !== undefined) continue;
      const device = devices.get(message.deviceId);
      if (!device?.active) {
        const code = device === undefined ? 'UNKNOWN_DEVICE' : 'DEVICE_INACTIVE';
        batch.reject(message, code, REASONS[code]);
        continue;
      }
      // A batch that is handled again brings messages that are verified already.
      if (message.signed !== undefined) continue;
      const claim = signatureClaimOf(message);
      if (claim !== undefined) signed.push({ message, claim });
      else if (device.signatureRequired) batch.reject(message, 'SIGNATURE_MISSING', REASONS.SIGNATURE_MISSING);
    }
    if (signed.length > 0) await this.signatures.verify(batch, signed);
    if (batch.pattern !== TOPICS.data) await this.signatures.claimNonces(batch);
    this.noteLife(batch);
    return true;
  }

  /**
   * Status and heartbeat say themselves what they mean: a last will is no sign of life. Signed readings show it once they
   * are known not to be somebody's repetition, where they are stored.
   */
  private noteLife(batch: MessageBatch): void {
    const { pattern } = batch;
    if (pattern !== TOPICS.data && pattern !== TOPICS.response) return;
    for (const { deviceId, rejection, retain, signed, receivedAt } of batch.messages) {
      if (rejection !== undefined || retain || (signed !== undefined && pattern === TOPICS.data)) continue;
      this.signsOfLife.note(deviceId, receivedAt);
    }
  }
}

/** Ids that a device can have; anything else is not even looked for. */
function wellFormedIds(messages: readonly InboundMessage[]): string[] {
  const ids = new Set<string>();
  for (const { deviceId } of messages) ids.add(deviceId);
  return [...ids].filter((id) => DEVICE_ID.test(id));
}
