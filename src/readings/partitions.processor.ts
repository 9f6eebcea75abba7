import { Process, Processor } from '@nestjs/bull';
import { SystemJob } from '../auth/access.decorators.js';
import { runJob } from '../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../queue/queues.js';
import { PartitionsService } from './partitions.service.js';

/** Makes the partitions of the coming months, once a day. */
@Processor(QUEUES.maintenance)
export class PartitionsProcessor {
  constructor(private readonly partitions: PartitionsService) {}

  @Process(MAINTENANCE_JOBS.makePartitions)
  @SystemJob()
  async make(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.makePartitions, () => this.partitions.ensureAhead());
  }
}
