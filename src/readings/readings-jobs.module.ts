import { Module } from '@nestjs/common';
import { PartitionsProcessor } from './partitions.processor.js';
import { ReadingsModule } from './readings.module.js';

/** Jobs of the readings room, for processes that do jobs. */
@Module({ imports: [ReadingsModule], providers: [PartitionsProcessor] })
export class ReadingsJobsModule {}
