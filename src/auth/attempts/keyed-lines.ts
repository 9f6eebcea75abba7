/** Lets work on the same key run one after the other, with a bounded line per key; work on other keys does not wait. */
export class KeyedLines {
  private readonly lines = new Map<string, { length: number; last: Promise<unknown> }>();

  constructor(
    private readonly maxLength: number,
    /** What is thrown when a line is full. */
    private readonly full: () => Error,
  ) {}

  /** Keys with work that runs or waits. */
  get size(): number {
    return this.lines.size;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? { length: 0, last: Promise.resolve() };
    if (line.length >= this.maxLength) throw this.full();
    this.lines.set(key, line);
    line.length++;
    const done = line.last.then(work);
    line.last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      if (--line.length === 0) this.lines.delete(key);
    }
  }
}
