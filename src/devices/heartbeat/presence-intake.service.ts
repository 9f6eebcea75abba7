import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { InboundMessage, MessageRejection } from '../../mqtt/inbound-message.js';
import type { MessageBatch } from '../../mqtt/message-batch.js';
import { PoisonSink } from '../../mqtt/poison-sink.js';
import { TOPICS } from '../../mqtt/topics.js';
import { DeviceRegistry } from '../device-registry.js';
import { readPresenceMessage } from './presence-message.schemas.js';
import type { SignOfLife } from './presence-state.js';
import { PresenceService } from './presence.service.js';

/** Rejected messages that are written at the same time. */
const SINK_CONCURRENCY = 8;

/** Why a message was set aside, for the sink; the verdict itself stands on the message. */
class MessageRejectedError extends Error {
  override readonly name = 'MessageRejectedError';

  constructor(rejection: MessageRejection | undefined) {
    super(rejection && `${rejection.code}: ${rejection.reason}`);
  }
}

/** Takes batches of status and heartbeat messages that the guard has looked at: records the good, sets aside the rest. */
@Injectable()
export class PresenceIntakeService {
  constructor(
    private readonly registry: DeviceRegistry,
    private readonly presence: PresenceService,
    private readonly modules: ModuleRef,
  ) {}

  async take(batch: MessageBatch): Promise<void> {
    const devices = await this.registry.resolve(batch.accepted().map(({ deviceId }) => deviceId));
    const signs: SignOfLife[] = [];
    for (const message of batch.accepted()) {
      // Gone since the guard looked: whoever comes next is told.
      if (!devices.has(message.deviceId)) batch.reject(message, 'UNKNOWN_DEVICE', 'the device was deleted');
      else signs.push(...readSign(batch, message));
    }
    await this.presence.record(signs);
    await this.setAside(batch.rejected());
  }

  /** The sink's implementation lives in readings, which this room does not import. */
  private async setAside(messages: InboundMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const sink = this.modules.get(PoisonSink, { strict: false });
    for (let from = 0; from < messages.length; from += SINK_CONCURRENCY) {
      const some = messages.slice(from, from + SINK_CONCURRENCY);
      await Promise.all(some.map((message) => sink.setAside(message, new MessageRejectedError(message.rejection))));
    }
  }
}

/** The sign of life in a message; none when the message is refused, or says nothing. */
function readSign(batch: MessageBatch, message: InboundMessage): SignOfLife[] {
  const isStatus = batch.pattern === TOPICS.status;
  // An empty payload on a status topic takes back a retained status; it says nothing about the device.
  if (isStatus && message.payload.length === 0) return [];
  const { message: said, rejection } = readPresenceMessage(message.payload);
  if (said === undefined) {
    batch.reject(message, rejection.code, rejection.reason);
    return [];
  }
  if (isStatus && !said.status) {
    batch.reject(message, 'INVALID_VALUE', 'status: is missing');
    return [];
  }
  return [
    {
      deviceId: message.deviceId,
      at: message.receivedAt,
      retained: message.retain,
      status: said.status ?? undefined,
      batteryLevel: said.battery_level ?? undefined,
      signalStrength: said.signal_strength ?? undefined,
      firmware: said.firmware ?? undefined,
      message: said.message ?? undefined,
    },
  ];
}
