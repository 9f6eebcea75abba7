/** A reading set's number as its device counted it. */
export interface NumberedSet {
  /** Event time, epoch milliseconds. */
  readonly instant: number;
  readonly seq: number;
}

/** Numbers that never came. */
export interface SequenceGap {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  /** Between these two readings (epoch milliseconds) they should have come. */
  readonly after: number;
  readonly before: number;
}

/** What the numbers of a stretch of time tell. */
export interface SequenceReport {
  readonly received: number;
  readonly lost: number;
  /** The counter began anew. */
  readonly restarts: number;
  /** Numbers that came again under another time. */
  readonly repeated: number;
  readonly gaps: readonly SequenceGap[];
}

/** Counters begin at 0 again after so many numbers: 8, 16 and 32 bits. */
const WIDTHS = [2 ** 8, 2 ** 16, 2 ** 32] as const;
/** A counter of 16 or 32 bits wrapped when the numbers on both sides are this near to its end; one of 8 bits, only right at it. */
const NEAR_THE_END = 16;
/** A number that comes after larger ones is late when it is at most so far behind; else the counter was set back. */
const MAX_BEHIND = 1_000;
/** Devices may send more than is expected of them: up to so many times more, and so many beyond, can be lost. */
const MAX_TIMES_DUE = 4;
const MAX_BEYOND_DUE = 100;

interface OpenGap {
  readonly after: number;
  readonly before: number;
  /** Ends of what is still missing of it, both inclusive. */
  missing: { readonly from: number; readonly to: number }[];
}

/** What a number means for those before it. */
type Step = 'next' | 'late' | 'repeated' | 'restart';

/** One life of a counter, from a start to the next; after a wrap its numbers go on growing here. */
class Run {
  readonly gaps: OpenGap[] = [];
  private readonly seen: Set<number>;
  private readonly first: number;
  private last: number;
  private lastInstant: number;
  private wrapped = 0;
  private width: number | null = null;

  constructor({ seq, instant }: NumberedSet) {
    this.seen = new Set([seq]);
    [this.first, this.last, this.lastInstant] = [seq, seq, instant];
  }

  /** Takes the next set; a restart leaves the run as it was. */
  take({ seq, instant }: NumberedSet, intervalMs: number): Step {
    if (this.width !== null && this.isBehind(seq + this.wrapped - this.width)) {
      return this.takeOld(seq, seq + this.wrapped - this.width);
    }
    if (this.wraps(seq)) this.wrapped += this.width!;
    const number = seq + this.wrapped;
    if (number <= this.last) return this.takeOld(seq, number);
    const lost = number - this.last - 1;
    const due = Math.max(instant - this.lastInstant, 0) / intervalMs;
    if (lost > MAX_TIMES_DUE * due + MAX_BEYOND_DUE) return 'restart';
    const missing = [{ from: this.last + 1, to: number - 1 }];
    if (lost > 0) this.gaps.push({ after: this.lastInstant, before: instant, missing });
    this.seen.add(number);
    [this.last, this.lastInstant] = [number, instant];
    return 'next';
  }

  /** A number of the run as the device wrote it. */
  written(number: number): number {
    return this.width === null ? number : number % this.width;
  }

  private takeOld(seq: number, number: number): Step {
    if (number < this.first || this.last - number > MAX_BEHIND) return 'restart';
    if (this.seen.has(number)) return seq <= 1 ? 'restart' : 'repeated';
    this.seen.add(number);
    // The newest first, and closed ones are gone: however a device counts, only few are looked at, since `number` is near.
    const index = this.gaps.findLastIndex(({ missing }) =>
      missing.some(({ from, to }) => number >= from && number <= to),
    );
    const gap = this.gaps[index];
    if (gap) gap.missing = gap.missing.flatMap((part) => without(part, number));
    if (gap?.missing.length === 0) this.gaps.splice(index, 1);
    return 'late';
  }

  private isBehind(number: number): boolean {
    return number >= this.first && this.last - number <= MAX_BEHIND;
  }

  private wraps(seq: number): boolean {
    const last = this.last - this.wrapped;
    if (seq >= last) return false;
    const width = WIDTHS.find((one) => {
      const near = one === WIDTHS[0] ? 1 : NEAR_THE_END;
      return last < one && last >= one - near && seq < near && (this.width === null || this.width === one);
    });
    if (width !== undefined) this.width = width;
    return width !== undefined;
  }
}

function without({ from, to }: { from: number; to: number }, number: number): { from: number; to: number }[] {
  if (number < from || number > to) return [{ from, to }];
  return [
    { from, to: number - 1 },
    { from: number + 1, to },
  ].filter((part) => part.from <= part.to);
}

/**
 * Finds the numbers that are missing between the sets of one device, in order of event time.
 *
 * The rule claims no loss that may be none. A larger number than expected: those between are missing, unless they are
 * far more than can have been sent in the time (then the counter was set anew). A smaller one closes the gap that it is
 * missing in (it came out of order), or repeats one that was seen; 0 or 1 seen again, a number from before the beginning,
 * or one far behind is a restart of the counter, of which nobody can know whether something was lost. From the end of 8,
 * 16 or 32 bits to their beginning the counter wrapped, and what is missing across that counts.
 *
 * @param sets ascending by instant, then number; no pair of both twice
 * @param range gaps count that end with a set in it; sets before and after it only complete the picture
 */
export function sequenceReport(
  sets: readonly NumberedSet[],
  intervalMs: number,
  range: { readonly from: number; readonly to: number },
): SequenceReport {
  const inRange = (instant: number): boolean => instant >= range.from && instant < range.to;
  const count = { late: 0, next: 0, repeated: 0, restart: 0 };
  const runs: Run[] = [];
  for (const set of sets) {
    const step = runs.at(-1)?.take(set, intervalMs);
    if (step === undefined || step === 'restart') runs.push(new Run(set));
    if (inRange(set.instant)) count[step ?? 'next']++;
  }
  const gaps = runs.flatMap((run) =>
    run.gaps.flatMap(({ after, before, missing }) =>
      missing.map(({ from, to }) => {
        return { fromSeq: run.written(from), toSeq: run.written(to), count: to - from + 1, after, before };
      }),
    ),
  );
  const counted = gaps.filter(({ before }) => inRange(before));
  return {
    received: count.next + count.late + count.restart,
    lost: counted.reduce((sum, gap) => sum + gap.count, 0),
    restarts: count.restart,
    repeated: count.repeated,
    gaps: counted,
  };
}
