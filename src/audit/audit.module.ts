import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuditController } from './audit.controller.js';
import { AuditKeys } from './audit-keys.js';
import { AuditLog } from './audit-log.js';
import { AuditVerifier } from './audit-verifier.js';
import { ChainReader } from './chain-reader.js';
import { ChangeObserver } from './change-observer.js';
import { AuditExport } from './export/audit-export.service.js';
import { AuditQueries } from './query/audit-queries.service.js';
import { AuditReports } from './query/audit-reports.service.js';
import { RefusalInterceptor } from './refusal.interceptor.js';
import { Refusals } from './refusals.js';
import { Sealer } from './sealer.js';

const WRITING = [AuditKeys, AuditLog, ChainReader, ChangeObserver, Refusals, Sealer];
const READING = [AuditExport, AuditQueries, AuditReports, AuditVerifier];

/** The audit log: who did what, when and from where. */
@Global()
@Module({
  controllers: [AuditController],
  providers: [...WRITING, ...READING, { provide: APP_INTERCEPTOR, useClass: RefusalInterceptor }],
  exports: [AuditKeys, AuditLog, Refusals, Sealer],
})
export class AuditModule {}
