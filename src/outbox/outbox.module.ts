import { Global, Module } from '@nestjs/common';
import { LiveLog } from './live-log.js';
import { OutboxPruner } from './outbox-pruner.js';
import { OutboxRelay } from './outbox-relay.js';
import { OutboxService } from './outbox.service.js';

/** The live log: written in the transaction of what it tells, published after commit, kept for a day. */
@Global()
@Module({
  providers: [LiveLog, OutboxPruner, OutboxRelay, OutboxService],
  exports: [LiveLog, OutboxRelay, OutboxService],
})
export class OutboxModule {}
