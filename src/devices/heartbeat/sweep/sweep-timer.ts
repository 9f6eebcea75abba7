import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { Rounds } from '../../../common/rounds.js';
import { runJob } from '../../../queue/job-context.js';
import { MAINTENANCE_JOBS } from '../../../queue/queues.js';
import { Sweeper } from './sweeper.js';

/** Milliseconds between two looks; the job of the queue comes as often. */
const INTERVAL_MS = 10_000;
/** Without a sweep for so long the queue does not do its work: Redis is away. */
const OVERDUE_MS = 25_000;

/** Sweeps where the queue does not: silent devices have to be found also while Redis is away. */
@Injectable()
export class SweepTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepTimer.name);
  private readonly rounds = new Rounds(INTERVAL_MS, (stopping) => this.round(stopping));
  private startedAt = Infinity;
  private failing = false;

  constructor(
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.startedAt = this.clock.nowMs();
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  private async round(stopping: () => boolean): Promise<void> {
    const last = Math.max(this.sweeper.lastAt, this.startedAt);
    if (this.clock.nowMs() - last < OVERDUE_MS) return;
    try {
      await runJob(MAINTENANCE_JOBS.sweepDevices, () => this.sweeper.sweep(stopping));
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`silent devices cannot be looked for; tried again: ${String(error)}`);
      this.failing = true;
    }
  }
}
