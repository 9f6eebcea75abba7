import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
import { Sealer } from './sealer.js';

/** Milliseconds between two rounds: a row is sealed within 5 s, also when a round takes a while. */
const INTERVAL_MS = 1_000;
/** Rounds between two looks for chains whose day is over. */
const ANCHOR_EVERY = 60;

/** Seals once a second, in the processes that do jobs. By a timer, not by a job of the queue: Redis may be away. */
@Injectable()
export class SealingTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SealingTimer.name);
  private readonly rounds = new Rounds(INTERVAL_MS, (stopping) => this.round(stopping));
  private count = 0;
  private failing = false;

  constructor(private readonly sealer: Sealer) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** What the round in hand leaves is sealed by another instance, or after the next start. */
  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  private async round(stopping: () => boolean): Promise<void> {
    try {
      await this.sealer.seal(stopping);
      if (this.count++ % ANCHOR_EVERY === 0 && !stopping()) await this.sealer.anchor();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`audit rows cannot be sealed; tried again every second: ${String(error)}`);
      this.failing = true;
    }
  }
}
