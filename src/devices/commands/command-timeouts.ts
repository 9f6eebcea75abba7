import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { runJob } from '../../queue/job-context.js';
import { CommandStore } from './command-store.js';

const INTERVAL_MS = 1_000;
/** Commands of one transaction. */
const BATCH = 500;

/**
 * Ends commands whose time is over, in every process that answers HTTP or does jobs. The rows say when; whichever process
 * comes first does it, also while Redis or the broker is away.
 */
@Injectable()
export class CommandTimeouts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CommandTimeouts.name);
  private readonly rounds = new Rounds(INTERVAL_MS, (stopping) => this.round(stopping));
  private failing = false;

  constructor(
    private readonly store: CommandStore,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.hasRole('api') || this.config.hasRole('worker')) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Ends what is over. @returns how many commands changed */
  async sweep(stopping: () => boolean = () => false): Promise<number> {
    let changed = 0;
    for (let last = BATCH; last === BATCH && !stopping(); changed += last) {
      last = await runJob('command-timeouts', () => this.store.lapse(this.clock.nowMs(), BATCH));
    }
    return changed;
  }

  private async round(stopping: () => boolean): Promise<void> {
    try {
      await this.sweep(stopping);
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`commands could not be timed out; tried again: ${String(error)}`);
      this.failing = true;
    }
  }
}
