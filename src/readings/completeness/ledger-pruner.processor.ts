import { Process, Processor } from '@nestjs/bull';
import { SystemJob } from '../../auth/access.decorators.js';
import { runJob } from '../../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../../queue/queues.js';
import { LedgerPruner } from './ledger-pruner.js';

/** Prunes the completeness ledger, once a day. */
@Processor(QUEUES.maintenance)
export class LedgerPrunerProcessor {
  constructor(private readonly pruner: LedgerPruner) {}

  @Process(MAINTENANCE_JOBS.pruneLedger)
  @SystemJob()
  async prune(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.pruneLedger, () => this.pruner.prune());
  }
}
