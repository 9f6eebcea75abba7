const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Lengths of the blocks of time that a phase is told from. */
const BLOCKS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS, 168 * DAY_MS] as const;
/** A block has at least so many slots, so that its phase is told from many readings. */
const SLOTS_PER_BLOCK = 24;
/** A phase this near to a mark of the clock (a part of the interval) is taken for the mark. */
const NEAR_A_MARK = 1 / 60;

/** One time at which a device is expected to deliver. Instants are epoch milliseconds. */
export interface Slot {
  readonly expectedAt: number;
  /** Whatever comes in `[from, to)` is this slot's delivery; slots lie side by side. */
  readonly from: number;
  readonly to: number;
  readonly received: boolean;
}

/** Where a device's slots lie within its interval, milliseconds. */
interface Phase {
  /** Remainder of the instants at which it is expected. */
  readonly nominal: number;
  /** How long before that instant its slot begins. */
  readonly lead: number;
}

interface Bounds {
  readonly from: number;
  readonly to: number;
}

type Gap = Omit<Slot, 'received'>;

/** Length of the blocks that the phase of an interval is told from, milliseconds; they are counted from the epoch. */
export function blockLength(intervalMs: number): number {
  return BLOCKS_MS.find((length) => length >= SLOTS_PER_BLOCK * intervalMs) ?? BLOCKS_MS.at(-1)!;
}

/**
 * The stretch of readings that the slots of a range are told from: whole blocks, and at least an interval more at either
 * end. Devices with blocks of the same length have the same stretch.
 */
export function readingsFor({ from, to }: Bounds, intervalMs: number): Bounds {
  const length = blockLength(intervalMs);
  const more = length / SLOTS_PER_BLOCK;
  return { from: Math.floor(from / length) * length - more, to: Math.ceil(to / length) * length + more };
}

/**
 * The slots of a device that is expected every `intervalMs`, in order of time, over the whole blocks that hold the range.
 *
 * The rule. A device reports every I with a phase of its own (`:07`, `:22`, …) and some scatter. In each block of time
 * (at least 24 slots, counted from the epoch, so that the answer does not depend on the range that is asked for) the
 * remainders of its readings modulo I lie on a circle. The largest arc of it that no reading falls into is where the
 * device does not report, so the border between two slots is put in the middle of that arc. When all readings of the
 * block scatter over less than I/2, that arc is longer than I/2 and no other can be, whichever of the readings are
 * missing: so each reading falls into its own slot, and the slots that stay empty are exactly those that were dropped.
 * With a wider scatter (up to I) it is still the most likely border. The largest gap on a circle is the classical way to
 * cut circular data (Fisher, Statistical Analysis of Circular Data, 1993); a mean would be drawn aside by late readings.
 *
 * A slot belongs to the hour and day of its nominal instant: the full clock mark when the scatter holds one, else the
 * median, taken for the full minute when it is one but for I/60. So a reading at 23:59:58 or 00:00:03 is that of 00:00.
 *
 * From block to block the phase may move (drift, a restart): where the last slot of one and the first of the next lie
 * less than I/2 apart they are one slot; more than 3/2 I, there is one between them. A block without readings has the
 * phase of the one before.
 *
 * @param instants distinct, ascending, of `readingsFor(range, intervalMs)`
 * @param lastBefore the last reading before those, where it is known: tells the phase until the first of them
 */
export function slotsOf(
  instants: readonly number[],
  intervalMs: number,
  range: Bounds,
  lastBefore: number | null = null,
): Slot[] {
  const length = blockLength(intervalMs);
  const first = Math.floor(range.from / length);
  const count = Math.ceil(range.to / length) - first;
  const gaps: Gap[] = [];
  phasesOf(instants, intervalMs, { first, count, length }, lastBefore).forEach((phase, i) =>
    addBlock(gaps, phase, intervalMs, { from: (first + i) * length, to: (first + i + 1) * length }),
  );
  return matched(gaps, instants);
}

/** The phase of each block, those without readings after that of the one before. */
function phasesOf(
  instants: readonly number[],
  intervalMs: number,
  { first, count, length }: { first: number; count: number; length: number },
  lastBefore: number | null,
): Phase[] {
  const blocks = Array.from({ length: count }, (): number[] => []);
  for (const instant of instants) blocks[Math.floor(instant / length) - first]?.push(instant);
  const outside = lastBefore ?? instants[0];
  let phase = outside === undefined ? { nominal: 0, lead: intervalMs / 2 } : phaseOf([outside], intervalMs);
  return blocks.map((block) => {
    if (block.length > 0) phase = phaseOf(block, intervalMs);
    return phase;
  });
}

/** Tells the phase of at least one reading. */
function phaseOf(instants: readonly number[], intervalMs: number): Phase {
  const remainders = instants.map((instant) => modulo(instant, intervalMs)).sort((a, b) => a - b);
  const { start, empty } = largestGap(remainders, intervalMs);
  const offsets = remainders.map((remainder) => modulo(remainder - start, intervalMs)).sort((a, b) => a - b);
  const offset = nominalOffset(start, offsets, intervalMs);
  // Within its own slot, however wide the scatter is.
  const lead = Math.min(Math.max(empty / 2 + offset, 0), intervalMs - 1);
  return { nominal: modulo(start - empty / 2 + lead, intervalMs), lead };
}

/** The largest arc without a remainder, by its length and the remainder that follows it. */
function largestGap(remainders: readonly number[], intervalMs: number): { start: number; empty: number } {
  let [start, empty] = [remainders[0]!, -1];
  for (let i = 0; i < remainders.length; i++) {
    const before = i === 0 ? remainders.at(-1)! - intervalMs : remainders[i - 1]!;
    if (remainders[i]! - before > empty) [start, empty] = [remainders[i]!, remainders[i]! - before];
  }
  return { start, empty };
}

/** What is meant by readings that lie `offsets` (ascending, from 0) behind `start`, as an offset as well. */
function nominalOffset(start: number, offsets: readonly number[], intervalMs: number): number {
  const near = intervalMs * NEAR_A_MARK;
  const toMark = modulo(-start, intervalMs);
  if (toMark <= offsets.at(-1)! + near) return toMark;
  if (toMark >= intervalMs - near) return toMark - intervalMs;
  const median = offsets[(offsets.length - 1) >> 1]!;
  const toMinute = Math.round((start + median) / MINUTE_MS) * MINUTE_MS - start;
  return Math.abs(toMinute - median) <= near ? toMinute : median;
}

/** Adds the slots of a block to those before it. */
function addBlock(gaps: Gap[], { nominal, lead }: Phase, intervalMs: number, block: Bounds): void {
  let at = block.from + modulo(nominal - block.from, intervalMs);
  while (at < block.to) {
    const last = gaps.at(-1);
    const distance = last === undefined ? intervalMs : at - last.expectedAt;
    if (distance > 1.5 * intervalMs) {
      addSlot(gaps, last!.expectedAt + intervalMs, last!.from + intervalMs, intervalMs);
      continue;
    }
    if (distance >= intervalMs / 2) addSlot(gaps, at, at - lead, intervalMs);
    at += intervalMs;
  }
}

/** The slot before ends where the new one begins. */
function addSlot(gaps: Gap[], expectedAt: number, from: number, intervalMs: number): void {
  const last = gaps.at(-1);
  const begin = last === undefined ? from : Math.max(from, last.from);
  if (last !== undefined) gaps[gaps.length - 1] = { ...last, to: begin };
  gaps.push({ expectedAt, from: begin, to: from + intervalMs });
}

/** Says which slots have a reading; more than one in a slot count once. */
function matched(gaps: readonly Gap[], instants: readonly number[]): Slot[] {
  let next = 0;
  return gaps.map((gap) => {
    while (next < instants.length && instants[next]! < gap.from) next++;
    const received = next < instants.length && instants[next]! < gap.to;
    return { ...gap, received };
  });
}

/** Remainder in `[0, divisor)`, also of negative numbers. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
