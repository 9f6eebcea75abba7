import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module.js';
import { PoisonSink } from '../mqtt/poison-sink.js';
import { IngestionService } from './ingestion.service.js';
import { PartitionsService } from './partitions.service.js';
import { ReadingsHttpController } from './readings.http.controller.js';
import { ReadingsMqttController } from './readings.mqtt.controller.js';
import { RejectedReadings } from './rejected-readings.js';

/** Readings: taken in, stored, read back. `ReadingJudge` comes from the alerts room. */
@Module({
  imports: [DevicesModule],
  controllers: [ReadingsHttpController, ReadingsMqttController],
  providers: [
    IngestionService,
    PartitionsService,
    RejectedReadings,
    { provide: PoisonSink, useExisting: RejectedReadings },
  ],
  exports: [IngestionService, PartitionsService],
})
export class ReadingsModule {}
