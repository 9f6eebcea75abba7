import { Global, Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { ChangeObserver } from './change-observer.js';

/** The audit log: who did what, when and from where. */
@Global()
@Module({ providers: [AuditLog, ChangeObserver], exports: [AuditLog] })
export class AuditModule {}
