import { Controller, UseGuards } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FromBroker } from '../auth/access.decorators.js';
import type { MessageBatch } from '../mqtt/message-batch.js';
import { TOPICS } from '../mqtt/topics.js';
import { DeviceGuard } from './device.guard.js';
import { PresenceIntakeService } from './heartbeat/presence-intake.service.js';

/** Status and heartbeat of devices by MQTT: one call per micro-batch; it is acknowledged when the call resolves. */
@Controller()
@UseGuards(DeviceGuard)
export class DevicesMqttController {
  constructor(private readonly intake: PresenceIntakeService) {}

  @EventPattern(TOPICS.status)
  @FromBroker()
  status(@Payload() batch: MessageBatch): Promise<void> {
    return this.intake.take(batch);
  }

  @EventPattern(TOPICS.heartbeat)
  @FromBroker()
  heartbeat(@Payload() batch: MessageBatch): Promise<void> {
    return this.intake.take(batch);
  }
}
