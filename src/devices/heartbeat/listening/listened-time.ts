/** A time without interruption in which somebody listened; epoch milliseconds. */
export interface Span {
  readonly since: number;
  readonly until: number;
}

/**
 * When somebody listened to devices, of all processes together. Silence is measured in listened time: while nobody
 * listened, nobody can say that a device was silent.
 */
export class ListenedTime {
  private readonly spans: readonly Span[];

  /** @param spans of any process, in any order; may overlap */
  constructor(spans: readonly Span[]) {
    this.spans = union(spans);
  }

  /** Whether anybody ever listened. */
  get known(): boolean {
    return this.spans.length > 0;
  }

  /** Up to when it is known that somebody listened. */
  get until(): number {
    return this.spans.at(-1)?.until ?? -Infinity;
  }

  /**
   * The instant at which somebody has listened for so long since `from`, if listening goes on from here; infinite when
   * nobody ever listened.
   * @param from epoch milliseconds
   * @param listened milliseconds
   */
  reach(from: number, listened: number): number {
    let left = listened;
    let last = -Infinity;
    for (const { since, until } of this.spans) {
      last = until;
      if (until <= from) continue;
      const start = Math.max(since, from);
      if (until - start >= left) return start + left;
      left -= until - start;
    }
    return last === -Infinity ? Infinity : Math.max(last, from) + left;
  }

  /**
   * The first instant, `from` or later, at which somebody has listened without a pause for as long as it takes to be sure,
   * if listening goes on from here; infinite when nobody ever listened.
   * @param grace milliseconds that it takes in the span that begins at `since`
   */
  settledFrom(from: number, grace: (since: number) => number): number {
    const last = this.spans.at(-1);
    for (const span of this.spans) {
      const settled = Math.max(from, span.since + grace(span.since));
      if (settled <= span.until || span === last) return settled;
    }
    return Infinity;
  }

  /** The times within `[from, to)` in which nobody listened, oldest first. */
  gaps(from: number, to: number): Span[] {
    const gaps: Span[] = [];
    let at = from;
    for (const { since, until } of this.spans) {
      if (until <= at) continue;
      if (since >= to) break;
      if (since > at) gaps.push({ since: at, until: since });
      at = until;
    }
    if (at < to) gaps.push({ since: at, until: to });
    return gaps;
  }
}

function union(spans: readonly Span[]): Span[] {
  const joined: { since: number; until: number }[] = [];
  for (const { since, until } of [...spans].sort((a, b) => a.since - b.since)) {
    const last = joined.at(-1);
    if (last && since <= last.until) last.until = Math.max(last.until, until);
    else joined.push({ since, until });
  }
  return joined;
}
