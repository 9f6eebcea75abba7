import { Module } from '@nestjs/common';
import { ProfileTrialsController } from './decoding/profile-trials.controller.js';
import { UplinkIntakeService } from './uplinks/uplink-intake.service.js';
import { UplinksController } from './uplinks/uplinks.controller.js';
import { DevicesModule } from '../devices/devices.module.js';
import { PoisonSink } from '../mqtt/poison-sink.js';
import { BatchWriter } from './batch-writer.js';
import { CompletenessModule } from './completeness/completeness.module.js';
import { IngestionService } from './ingestion.service.js';
import { PartitionsService } from './partitions.service.js';
import { LatestQueryService } from './query/latest-query.service.js';
import { RejectedQueryService } from './query/rejected-query.service.js';
import { SeriesQueryService } from './query/series-query.service.js';
import { SeriesReader } from './query/series-reader.js';
import { ReadingsHttpController } from './readings.http.controller.js';
import { ReadingsMqttController } from './readings.mqtt.controller.js';
import { ReadingsQueryController } from './readings.query.controller.js';
import { RejectedReadings } from './rejected-readings.js';

const QUERIES = [LatestQueryService, RejectedQueryService, SeriesQueryService, SeriesReader];

/** Readings: taken in, stored, read back. `ReadingJudge` comes from the alerts room. */
@Module({
  imports: [CompletenessModule, DevicesModule],
  controllers: [
    ProfileTrialsController,
    ReadingsHttpController,
    ReadingsMqttController,
    ReadingsQueryController,
    UplinksController,
  ],
  providers: [
    ...QUERIES,
    BatchWriter,
    IngestionService,
    PartitionsService,
    RejectedReadings,
    UplinkIntakeService,
    { provide: PoisonSink, useExisting: RejectedReadings },
  ],
  exports: [IngestionService, PartitionsService],
})
export class ReadingsModule {}
