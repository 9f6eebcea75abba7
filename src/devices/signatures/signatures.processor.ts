import { Process, Processor } from '@nestjs/bull';
import { SystemJob } from '../../auth/access.decorators.js';
import { runJob } from '../../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../../queue/queues.js';
import { NoncePruner } from './nonce-pruner.js';

/** Forgets nonces that are too old to come again, once an hour. */
@Processor(QUEUES.maintenance)
export class SignaturesProcessor {
  constructor(private readonly pruner: NoncePruner) {}

  @Process(MAINTENANCE_JOBS.pruneNonces)
  @SystemJob()
  async prune(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.pruneNonces, () => this.pruner.prune());
  }
}
