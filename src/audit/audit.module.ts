import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuditKeys } from './audit-keys.js';
import { AuditLog } from './audit-log.js';
import { AuditVerifier } from './audit-verifier.js';
import { ChainReader } from './chain-reader.js';
import { ChangeObserver } from './change-observer.js';
import { RefusalInterceptor } from './refusal.interceptor.js';
import { Refusals } from './refusals.js';
import { Sealer } from './sealer.js';

/** The audit log: who did what, when and from where. */
@Global()
@Module({
  providers: [
    AuditKeys,
    AuditLog,
    AuditVerifier,
    ChainReader,
    ChangeObserver,
    Refusals,
    Sealer,
    { provide: APP_INTERCEPTOR, useClass: RefusalInterceptor },
  ],
  exports: [AuditLog, Refusals, Sealer],
})
export class AuditModule {}
