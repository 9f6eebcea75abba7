import { Module } from '@nestjs/common';
import { SessionPruner } from './sessions/session-pruner.js';
import { SessionsProcessor } from './sessions/sessions.processor.js';

/** Jobs of sign-in, for processes that do jobs. */
@Module({ providers: [SessionPruner, SessionsProcessor] })
export class AuthJobsModule {}
