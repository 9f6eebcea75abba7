import { Injectable, type PipeTransform } from '@nestjs/common';
import { DeviceRegistry } from '../devices/device-registry.js';
import type { MessageBatch } from '../mqtt/message-batch.js';
import type { DeviceMessage } from './device-message.js';
import { readPayloadOf } from './decoding/decode.js';
import { rejectWhole } from './payload-reader.js';
import type { RejectCode } from './reject-code.js';

/** Reads every message of a batch as its device writes; what was refused before stays refused. */
@Injectable()
export class ReadingBatchPipe implements PipeTransform<MessageBatch, Promise<DeviceMessage[]>> {
  constructor(private readonly registry: DeviceRegistry) {}

  async transform(batch: MessageBatch): Promise<DeviceMessage[]> {
    // In memory since the guard looked.
    const devices = await this.registry.resolve(batch.accepted().map(({ deviceId }) => deviceId));
    return batch.messages.map(({ deviceId, payload, receivedAt, rejection, signed }) => {
      const { sets, rejections } = rejection
        ? rejectWhole(rejection.code as RejectCode, rejection.reason)
        : readPayloadOf(devices.get(deviceId), payload, receivedAt);
      return { deviceId, source: 'mqtt', receivedAt, payload, signed, sets, rejections };
    });
  }
}
