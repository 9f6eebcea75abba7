/** Growing pauses between attempts: doubled from the first to the longest, each up to a quarter longer by chance. */
export class Backoff {
  private attempt = 0;

  /** @param quickMs the first pause of all, before the growing ones; none when absent */
  constructor(
    private readonly initialMs: number,
    private readonly maxMs: number,
    private readonly quickMs?: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const step = this.quickMs === undefined ? this.attempt : this.attempt - 1;
    this.attempt += 1;
    if (step < 0) return this.quickMs ?? this.initialMs;
    const base = Math.min(this.maxMs, this.initialMs * 2 ** Math.min(step, 30));
    return Math.round(Math.min(this.maxMs, base * (1 + this.random() / 4)));
  }

  /** Starts over, after a success. */
  reset(): void {
    this.attempt = 0;
  }
}
