import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Transactions } from '../../database/transaction.js';

/** A device is written this often at most. */
const RESOLUTION_MS = 60_000;
/** What is noted is gathered this long and written together. */
const FLUSH_AFTER_MS = 1_000;
/** Above this many devices the memory of when each was written is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 200_000;
/** Rows of one statement; three parameters each. */
const MAX_ROWS = 5_000;

interface Measured {
  skewMs: number;
  at: number;
}

/** Keeps what right signatures tell about the clocks of devices, without a write per message. */
@Injectable()
export class DeviceClocks implements OnApplicationShutdown {
  private readonly logger = new Logger(DeviceClocks.name);
  private readonly pending = new Map<string, Measured>();
  private readonly writtenAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /**
   * @param skewMs time of a right signature minus its arrival. Of several that are written together the largest counts:
   *   waiting on the way can only make it smaller
   */
  note(deviceId: string, skewMs: number): void {
    const known = this.pending.get(deviceId);
    const at = this.clock.nowMs();
    if (known === undefined) this.pending.set(deviceId, { skewMs, at });
    else if (skewMs >= known.skewMs) Object.assign(known, { skewMs, at });
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush(0);
  }

  /** Writes what was noted of devices that were not written within the resolution (milliseconds). */
  flush(resolution = RESOLUTION_MS): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write(resolution));
    return this.writing;
  }

  /** A failure is logged and forgotten, because the next message says it again. */
  private async write(resolution: number): Promise<void> {
    const due = this.takeDue(resolution);
    try {
      for (let from = 0; from < due.length; from += MAX_ROWS) {
        const some = due.slice(from, from + MAX_ROWS);
        const { dialect } = this.transactions;
        await this.transactions.query(
          dialect.upsert('device_clocks', ['device_id', 'skew_ms', 'measured_at'], some.length),
          some.flatMap(([deviceId, { skewMs, at }]) => [deviceId, skewMs, dialect.instant(at)]),
        );
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'clocks of devices were not recorded');
    }
    if (this.pending.size > 0 && resolution > 0) {
      this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
    }
  }

  /** Takes out what may be written now, in the order of the devices, so that no two writers deadlock. */
  private takeDue(resolution: number): [string, Measured][] {
    if (this.writtenAt.size > MAX_REMEMBERED) this.writtenAt.clear();
    const now = this.clock.nowMs();
    const due = [...this.pending].filter(([id]) => now - (this.writtenAt.get(id) ?? -Infinity) >= resolution);
    for (const [deviceId] of due) {
      this.pending.delete(deviceId);
      this.writtenAt.set(deviceId, now);
    }
    return due.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
