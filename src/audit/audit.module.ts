import { Global, Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';

/** The audit log: who did what, when and from where. */
@Global()
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}
