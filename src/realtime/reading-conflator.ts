/** What the conflator needs to know of a reading. */
interface Conflatable {
  readonly sensorId: string;
  /** Event time, epoch milliseconds. */
  readonly instant: number;
}

/** The second after a reading was told, in which others of the sensor wait. */
interface Window {
  readonly until: number;
  /** Event time of what was told. */
  readonly instant: number;
}

const WINDOW_MS = 1_000;

/**
 * Keeps the readings of a sensor to one a second: the first is told at once, the newest by event time of those that
 * follow is told when the second is over. A reading that is older than what was told in its second is left out.
 * Time is the caller's, in milliseconds, and may be any that does not go back.
 */
export class ReadingConflator<T extends Conflatable> {
  /** By sensor; the earliest end first, because all last equally long. */
  private readonly windows = new Map<string, Window>();
  /** By sensor; the one that was offered earliest first. */
  private readonly waiting = new Map<string, T>();

  /** Takes a reading, in the order of the log. @returns whether it is to be told now */
  offer(reading: T, now: number): boolean {
    const window = this.windows.get(reading.sensorId);
    if (!window) {
      this.windows.set(reading.sensorId, { until: now + WINDOW_MS, instant: reading.instant });
      return true;
    }
    const newest = this.waiting.get(reading.sensorId)?.instant ?? window.instant;
    if (reading.instant >= newest) {
      this.waiting.delete(reading.sensorId);
      this.waiting.set(reading.sensorId, reading);
    }
    return false;
  }

  /** Hands out the readings whose second is over, one by one: what still waits is right after each of them. */
  *due(now: number): Generator<T> {
    for (const [sensorId, window] of this.windows) {
      if (window.until > now) return;
      this.windows.delete(sensorId);
      const reading = this.waiting.get(sensorId);
      if (!reading) continue;
      this.waiting.delete(sensorId);
      this.windows.set(sensorId, { until: now + WINDOW_MS, instant: reading.instant });
      yield reading;
    }
  }

  /** Hands out everything that waits, and forgets all seconds. */
  *drain(): Generator<T> {
    this.windows.clear();
    for (const [sensorId, reading] of this.waiting) {
      this.waiting.delete(sensorId);
      yield reading;
    }
  }

  /** Of the readings that wait, the one that was offered first. */
  get oldestWaiting(): T | undefined {
    return this.waiting.values().next().value;
  }

  waitingOf(sensorId: string): T | undefined {
    return this.waiting.get(sensorId);
  }

  /** When {@link due} has something to do next; undefined when there is nothing. */
  get nextDue(): number | undefined {
    return this.windows.values().next().value?.until;
  }

  clear(): void {
    this.windows.clear();
    this.waiting.clear();
  }
}
