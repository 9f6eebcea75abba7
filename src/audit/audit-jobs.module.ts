import { Module } from '@nestjs/common';
import { AuditModule } from './audit.module.js';
import { SealingTimer } from './sealing-timer.js';

/** What seals the audit log, for processes that do jobs. */
@Module({ imports: [AuditModule], providers: [SealingTimer] })
export class AuditJobsModule {}
