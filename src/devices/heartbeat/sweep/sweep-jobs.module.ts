import { Module } from '@nestjs/common';
import { DevicesModule } from '../../devices.module.js';
import { SweepProcessor } from './sweep.processor.js';
import { SweepTimer } from './sweep-timer.js';

/** The search for silent devices, for processes that do jobs. */
@Module({ imports: [DevicesModule], providers: [SweepProcessor, SweepTimer] })
export class SweepJobsModule {}
