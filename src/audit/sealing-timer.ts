import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Sealer } from './sealer.js';

/** Milliseconds between two rounds: a row is sealed within 5 s, also when a round takes a while. */
const INTERVAL_MS = 1_000;
/** Rounds between two looks for chains whose day is over. */
const ANCHOR_EVERY = 60;

/** Seals once a second, in the processes that do jobs. By a timer, not by a job of the queue: Redis may be away. */
@Injectable()
export class SealingTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SealingTimer.name);
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private rounds = 0;
  private stopping = false;
  private failing = false;

  constructor(private readonly sealer: Sealer) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Waits for the round in hand; what it leaves is sealed by another instance, or after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private schedule(): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.working = this.round().finally(() => this.schedule());
    }, INTERVAL_MS);
    this.timer.unref();
  }

  private async round(): Promise<void> {
    try {
      await this.sealer.seal(() => this.stopping);
      if (this.rounds++ % ANCHOR_EVERY === 0 && !this.stopping) await this.sealer.anchor();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`audit rows cannot be sealed; tried again every second: ${String(error)}`);
      this.failing = true;
    }
  }
}
