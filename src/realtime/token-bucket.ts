/** Lets through `perSecond` on average and `burst` at once. Time is the caller's, in milliseconds. */
export class TokenBucket {
  private tokens: number;
  private filledAt = -Infinity;

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.tokens = burst;
  }

  /** Takes one; false when there is none left. */
  take(now: number): boolean {
    const earned = ((now - this.filledAt) / 1_000) * this.perSecond;
    this.tokens = Math.min(this.burst, this.tokens + earned);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
