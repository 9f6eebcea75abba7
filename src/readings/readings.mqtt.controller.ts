import { Controller, UseGuards } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FromBroker } from '../auth/access.decorators.js';
import { DeviceGuard } from '../devices/device.guard.js';
import { TOPICS } from '../mqtt/topics.js';
import type { DeviceMessage } from './device-message.js';
import { IngestionService } from './ingestion.service.js';
import { ReadingBatchPipe } from './reading-batch.pipe.js';

/** Readings by MQTT: one call per micro-batch; the messages are acknowledged when it resolves. */
@Controller()
@UseGuards(DeviceGuard)
export class ReadingsMqttController {
  private before: Promise<unknown> = Promise.resolve();

  constructor(private readonly ingestion: IngestionService) {}

  @EventPattern<string>(TOPICS.data)
  @FromBroker()
  async take(@Payload(ReadingBatchPipe) messages: DeviceMessage[]): Promise<void> {
    // The next batch is read and sorted while this one is stored, but stored after it: in the other order its readings
    // would make these late ones, which cost more.
    const stored = this.ingestion.ingest(messages, this.before);
    this.before = Promise.allSettled([stored]);
    await stored;
  }
}
