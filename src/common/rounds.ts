/**
 * Does something again and again, each time a while after the last round has ended, until it is stopped. The timer keeps
 * no process alive.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<unknown> = Promise.resolve();
  private stopping = false;

  /**
   * @param intervalMs between the end of a round and the beginning of the next
   * @param work one round; deals with its own failures, and may ask whether it is to come to an end
   */
  constructor(
    private readonly intervalMs: number,
    private readonly work: (stopping: () => boolean) => Promise<void>,
  ) {}

  /** The first round begins after one interval. */
  start(): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.working = this.work(() => this.stopping).finally(() => this.start());
    }, this.intervalMs);
    this.timer.unref();
  }

  /** Begins no more rounds, and waits for the one in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.working;
  }
}
