import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AnchorWitness } from './anchor-witness.js';

/** An anchor is a day's affair; a receiver that is away is not asked all the time. */
const INTERVAL_MS = 10 * 60_000;

/** Sends anchors to their witnesses every ten minutes, in the processes that do jobs. */
@Injectable()
export class WitnessTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WitnessTimer.name);
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(private readonly witness: AnchorWitness) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Waits for the anchor that is on its way. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private schedule(): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.working = this.witness
        .deliver(() => this.stopping)
        .then(
          () => {},
          (error: unknown) => this.logger.warn(`anchors could not be sent to their witnesses: ${String(error)}`),
        )
        .finally(() => this.schedule());
    }, INTERVAL_MS);
    this.timer.unref();
  }
}
