/** One reading set as it arrived. */
export interface Delivery {
  readonly deviceId: string;
  /** Event time, epoch milliseconds. */
  readonly instant: number;
  /** Arrival, epoch milliseconds; the same as the event time when the set had no timestamp. */
  readonly receivedAt: number;
  /** Everything in it was stored before. */
  readonly isDuplicate: boolean;
  /** The number that the device gave it, if any. */
  readonly seq?: number | undefined;
  /** Expected milliseconds between two sets of the device. */
  readonly intervalMs: number;
}

/** Place of a reading: its message among those taken together, and its set in the message. */
interface Place {
  readonly message: number;
  readonly index: number;
}

const never = (): boolean => false;

/** Tells, by message and set, which sets were delivered again: something of them was stored before, and nothing is new. */
export function isDeliveredAgain(
  duplicates: readonly Place[],
  inserted: readonly Place[],
): (message: number, index: number) => boolean {
  if (duplicates.length === 0) return never;
  const again = new Set(duplicates.map(({ message, index }) => `${message} ${index}`));
  for (const { message, index } of inserted) again.delete(`${message} ${index}`);
  return (message, index) => again.has(`${message} ${index}`);
}

/** How the sets of an hour of a device arrived. */
export interface DeliveryCount {
  sets: number;
  duplicates: number;
  late: number;
  timely: number;
  delaySumMs: number;
  delayMinMs: number | null;
  delayMaxMs: number | null;
}

const HOUR_MS = 3_600_000;
/** Within a minute nobody speaks of late, however often the device reports. */
const NEVER_LATE_MS = 60_000;

/**
 * Counts a set. Late is what comes after the next one was due: a buffered upload, a message that a broker held. Its
 * delay says nothing about the clock, so only those in time count towards the mean; the least and the greatest are of
 * all. What is repeated came before, and says nothing about time.
 */
export function count(known: DeliveryCount, { instant, receivedAt, isDuplicate, intervalMs }: Delivery): void {
  known.sets++;
  if (isDuplicate) known.duplicates++;
  const delay = receivedAt - instant;
  if (isDuplicate || delay === 0) return;
  const isLate = delay > Math.max(intervalMs, NEVER_LATE_MS);
  if (isLate) known.late++;
  else {
    known.timely++;
    known.delaySumMs += delay;
  }
  if (known.delayMinMs === null || delay < known.delayMinMs) known.delayMinMs = delay;
  if (known.delayMaxMs === null || delay > known.delayMaxMs) known.delayMaxMs = delay;
}

/** The beginning of the hour that an instant lies in; both epoch milliseconds. */
export function hourOf(instant: number): number {
  return Math.floor(instant / HOUR_MS) * HOUR_MS;
}

/** Nothing counted yet. */
export function noDeliveries(): DeliveryCount {
  return { sets: 0, duplicates: 0, late: 0, timely: 0, delaySumMs: 0, delayMinMs: null, delayMaxMs: null };
}
