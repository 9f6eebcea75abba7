import { Process, Processor } from '@nestjs/bull';
import { SystemJob } from '../../../auth/access.decorators.js';
import { runJob } from '../../../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../../../queue/queues.js';
import { Sweeper } from './sweeper.js';

/** Finds silent devices, every few seconds. */
@Processor(QUEUES.maintenance)
export class SweepProcessor {
  constructor(private readonly sweeper: Sweeper) {}

  @Process(MAINTENANCE_JOBS.sweepDevices)
  @SystemJob()
  async sweep(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.sweepDevices, () => this.sweeper.sweep());
  }
}
