import { Clock } from '../../src/common/clock.js';

/** A clock that shows the time of the machine until a test moves it. */
export class MovingClock extends Clock {
  private offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  /** Moves it forward, or back. */
  move(by: { readonly days?: number; readonly seconds?: number }): void {
    this.offsetMs += (by.days ?? 0) * 86_400_000 + (by.seconds ?? 0) * 1000;
  }

  reset(): void {
    this.offsetMs = 0;
  }
}
