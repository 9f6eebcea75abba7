import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { InboundMessage } from '../mqtt/inbound-message.js';
import type { MessageBatch } from '../mqtt/message-batch.js';
import { TOPICS } from '../mqtt/topics.js';
import { DeviceRegistry, type RegisteredDevice } from './device-registry.js';
import { SignsOfLife } from './heartbeat/signs-of-life.js';
import { carriesSignature } from './message-signature.js';

const DEVICE_ID = /^[A-Za-z0-9_-]{3,64}$/;

const REASONS = {
  UNKNOWN_DEVICE: 'no device is registered under the id in the topic',
  DEVICE_INACTIVE: 'the device or its municipality is deactivated',
  SIGNATURE_MISSING: 'the device has to sign its messages, and this one is not signed',
  SIGNATURE_INVALID: 'signatures cannot be verified by this version, so the message is not trusted',
} as const;

/**
 * Guard of MQTT batches: gives each message of an unknown or inactive device, or of one that must sign and did not, its
 * verdict. The batch itself always passes, since one bad message must not hold up the others.
 */
@Injectable()
export class DeviceGuard implements CanActivate {
  constructor(
    private readonly registry: DeviceRegistry,
    private readonly signsOfLife: SignsOfLife,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const batch = context.switchToRpc().getData<MessageBatch>();
    const devices = await this.registry.resolve(wellFormedIds(batch.messages));
    // Status and heartbeat say themselves what they mean: a last will is no sign of life.
    const showsLife = batch.pattern === TOPICS.data || batch.pattern === TOPICS.response;
    for (const message of batch.messages) {
      if (message.rejection !== undefined) continue;
      const device = devices.get(message.deviceId);
      const verdict = device === undefined ? 'UNKNOWN_DEVICE' : verdictOn(message, device);
      if (verdict !== undefined) batch.reject(message, verdict, REASONS[verdict]);
      else if (device !== undefined && showsLife && !message.retain) {
        this.signsOfLife.note(device.id, device.municipalityId, message.receivedAt);
      }
    }
    return true;
  }
}

/** Ids that a device can have; anything else is not even looked for. */
function wellFormedIds(messages: readonly InboundMessage[]): string[] {
  const ids = new Set<string>();
  for (const { deviceId } of messages) ids.add(deviceId);
  return [...ids].filter((id) => DEVICE_ID.test(id));
}

function verdictOn(message: InboundMessage, device: RegisteredDevice): keyof typeof REASONS | undefined {
  if (!device.active) return 'DEVICE_INACTIVE';
  if (!device.signatureRequired) return undefined;
  return carriesSignature(message) ? 'SIGNATURE_INVALID' : 'SIGNATURE_MISSING';
}
