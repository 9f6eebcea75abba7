import { Module } from '@nestjs/common';
import { AuditModule } from './audit.module.js';
import { SealingTimer } from './sealing-timer.js';
import { AnchorWitness } from './witness/anchor-witness.js';
import { WitnessTimer } from './witness/witness-timer.js';

/** What seals the audit log and sends its anchors out, for processes that do jobs. */
@Module({ imports: [AuditModule], providers: [AnchorWitness, SealingTimer, WitnessTimer] })
export class AuditJobsModule {}
