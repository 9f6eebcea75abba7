import { Controller, UseGuards } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FromBroker } from '../../auth/access.decorators.js';
import type { MessageBatch } from '../../mqtt/message-batch.js';
import { TOPICS } from '../../mqtt/topics.js';
import { DeviceGuard } from '../device.guard.js';
import { CommandAnswersService } from './command-answers.service.js';

/** Answers of devices to commands: one call per micro-batch; it is acknowledged when the call resolves. */
@Controller()
@UseGuards(DeviceGuard)
export class CommandsMqttController {
  constructor(private readonly answers: CommandAnswersService) {}

  @EventPattern(TOPICS.response)
  @FromBroker()
  response(@Payload() batch: MessageBatch): Promise<void> {
    return this.answers.take(batch);
  }
}
