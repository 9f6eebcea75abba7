import { Process, Processor } from '@nestjs/bull';
import { runJob } from '../../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../../queue/queues.js';
import { SystemJob } from '../access.decorators.js';
import { SessionPruner } from './session-pruner.js';

/** Deletes what is left of old sign-ins, once a day. */
@Processor(QUEUES.maintenance)
export class SessionsProcessor {
  constructor(private readonly pruner: SessionPruner) {}

  @Process(MAINTENANCE_JOBS.pruneSessions)
  @SystemJob()
  async prune(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.pruneSessions, () => this.pruner.prune());
  }
}
