import { Injectable, type PipeTransform } from '@nestjs/common';
import type { MessageBatch } from '../mqtt/message-batch.js';
import type { DeviceMessage } from './ingestion.service.js';
import { readPayload, rejectWhole } from './payload-reader.js';
import type { RejectCode } from './reject-code.js';

/** Reads every message of a batch by the schema of reading sets; what was refused before stays refused. */
@Injectable()
export class ReadingBatchPipe implements PipeTransform<MessageBatch, DeviceMessage[]> {
  transform(batch: MessageBatch): DeviceMessage[] {
    return batch.messages.map(({ deviceId, payload, receivedAt, rejection }) => {
      const { sets, rejections } = rejection
        ? rejectWhole(rejection.code as RejectCode, rejection.reason)
        : readPayload(payload, receivedAt);
      return { deviceId, source: 'mqtt', receivedAt, payload, sets, rejections };
    });
  }
}
