import { Module } from '@nestjs/common';
import { CompletenessModule } from './completeness/completeness.module.js';
import { LedgerPrunerProcessor } from './completeness/ledger-pruner.processor.js';
import { PartitionsProcessor } from './partitions.processor.js';
import { ReadingsModule } from './readings.module.js';

/** Jobs of the readings room, for processes that do jobs. */
@Module({ imports: [CompletenessModule, ReadingsModule], providers: [LedgerPrunerProcessor, PartitionsProcessor] })
export class ReadingsJobsModule {}
