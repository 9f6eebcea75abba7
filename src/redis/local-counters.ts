/** A count and the time (epoch ms) when it is forgotten. */
export interface LocalCount {
  readonly consumed: number;
  readonly until: number;
}

/**
 * Counts per key in the memory of this process, each for a window that begins with its first point. Never holds more than
 * `maxEntries`: beyond it, what began longest ago is forgotten.
 */
export class LocalCounters {
  private readonly counts = new Map<string, LocalCount>();

  constructor(private readonly maxEntries: number) {}

  get size(): number {
    return this.counts.size;
  }

  /** The count of a key at `now` (epoch ms); undefined when nothing is counted, or its window is over. */
  get(key: string, now: number): LocalCount | undefined {
    const count = this.counts.get(key);
    if (count === undefined || count.until > now) return count;
    this.counts.delete(key);
    return undefined;
  }

  /** Adds points, and begins a window of `windowMs` where none is open. */
  add(key: string, points: number, windowMs: number, now: number): LocalCount {
    const known = this.get(key, now);
    return this.set(key, { consumed: (known?.consumed ?? 0) + points, until: known?.until ?? now + windowMs });
  }

  /** Puts a count in the place of what was known. */
  set(key: string, count: LocalCount): LocalCount {
    if (!this.counts.has(key)) this.makeRoom();
    this.counts.set(key, count);
    return count;
  }

  delete(key: string): void {
    this.counts.delete(key);
  }

  private makeRoom(): void {
    for (const oldest of this.counts.keys()) {
      if (this.counts.size < this.maxEntries) return;
      this.counts.delete(oldest);
    }
  }
}
