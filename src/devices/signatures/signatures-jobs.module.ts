import { Module } from '@nestjs/common';
import { NoncePruner } from './nonce-pruner.js';
import { SignaturesProcessor } from './signatures.processor.js';

/** Jobs about signed messages, for processes that do jobs. */
@Module({ providers: [NoncePruner, SignaturesProcessor] })
export class SignaturesJobsModule {}
