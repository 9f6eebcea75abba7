import { Global, Module } from '@nestjs/common';
import { AuditKeys } from './audit-keys.js';
import { AuditLog } from './audit-log.js';
import { AuditVerifier } from './audit-verifier.js';
import { ChainReader } from './chain-reader.js';
import { ChangeObserver } from './change-observer.js';
import { Sealer } from './sealer.js';

/** The audit log: who did what, when and from where. */
@Global()
@Module({
  providers: [AuditKeys, AuditLog, AuditVerifier, ChainReader, ChangeObserver, Sealer],
  exports: [AuditLog, Sealer],
})
export class AuditModule {}
