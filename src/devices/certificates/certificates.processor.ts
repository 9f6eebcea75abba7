import { Process, Processor } from '@nestjs/bull';
import { SystemJob } from '../../auth/access.decorators.js';
import { runJob } from '../../queue/job-context.js';
import { MAINTENANCE_JOBS, QUEUES } from '../../queue/queues.js';
import { CertificateExpiryService } from './certificate-expiry.service.js';

/** Looks every hour which certificates end soon. */
@Processor(QUEUES.maintenance)
export class CertificatesProcessor {
  constructor(private readonly expiry: CertificateExpiryService) {}

  @Process(MAINTENANCE_JOBS.checkCertificates)
  @SystemJob()
  async check(): Promise<void> {
    await runJob(MAINTENANCE_JOBS.checkCertificates, () => this.expiry.check());
  }
}
