import type { Transaction } from '../database/transaction.js';
import type { RegisteredSensor } from '../devices/device-registry.js';
import type { NewLiveEvent } from '../outbox/live-event.js';

/** A newly stored, usable reading. */
export interface JudgedReading {
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly value: number;
}

/** The newly stored, usable readings of one series, oldest first; none when all that was stored is bad or missing. */
export interface JudgedSeries {
  readonly sensor: RegisteredSensor;
  readonly readings: readonly JudgedReading[];
  /** Newest instant of the series before this transaction (epoch ms), or null; readings up to it came late. */
  readonly previousInstant: number | null;
}

/**
 * Judges readings that were just inserted, inside the transaction that inserted them. Declared here, implemented by the
 * alerts room. The caller holds the lock of every series given, so nobody else stores or judges them meanwhile.
 */
export abstract class ReadingJudge {
  /** Writes what follows from the readings and answers the live events to tell, in order. */
  abstract judge(transaction: Transaction, series: readonly JudgedSeries[]): Promise<NewLiveEvent[]>;
}
