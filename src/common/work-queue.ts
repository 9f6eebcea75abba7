/** Does work behind the scenes: a few things at a time, a bounded number waiting, and nobody waits for it but a shutdown. */
export class WorkQueue {
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly concurrency: number,
    private readonly maxWaiting: number,
    /** Told of work that failed; it is not done again. */
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Takes work and returns at once; false when too much waits already, and it will not be done. */
  add(work: () => Promise<void>): boolean {
    if (this.running.size >= this.concurrency && this.waiting.length >= this.maxWaiting) return false;
    this.waiting.push(work);
    this.startNext();
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.race(this.running);
  }

  private startNext(): void {
    if (this.running.size >= this.concurrency) return;
    const work = this.waiting.shift();
    if (work === undefined) return;
    // Not in the caller's own turn, so that taking the work costs the same whatever the work is.
    const done: Promise<void> = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch(this.failed)
      .then(() => {
        this.running.delete(done);
        this.startNext();
      });
    this.running.add(done);
  }
}
