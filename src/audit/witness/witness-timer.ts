import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../../common/rounds.js';
import { AnchorWitness } from './anchor-witness.js';

/** An anchor is a day's affair; a receiver that is away is not asked all the time. */
const INTERVAL_MS = 10 * 60_000;

/** Sends anchors to their witnesses every ten minutes, in the processes that do jobs. */
@Injectable()
export class WitnessTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WitnessTimer.name);
  private readonly rounds = new Rounds(INTERVAL_MS, (stopping) => this.round(stopping));

  constructor(private readonly witness: AnchorWitness) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** Waits for the anchors that are on their way. */
  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  private async round(stopping: () => boolean): Promise<void> {
    try {
      await this.witness.deliver(stopping);
    } catch (error) {
      this.logger.warn(`anchors could not be sent to their witnesses: ${String(error)}`);
    }
  }
}
