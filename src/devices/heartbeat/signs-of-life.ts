import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { PresenceService } from './presence.service.js';

/** A device is written this often at most; what came in between is written when the time is over. */
const RESOLUTION_MS = 10_000;
/** Signs are gathered this long and written together. */
const FLUSH_AFTER_MS = 1_000;
/** Above this many devices the memory of when each was written is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 200_000;

interface Sign {
  readonly municipalityId: string;
  at: number;
}

/**
 * Readings show that a device lives, too: notes when they came, without a write per message.
 * What a crash loses of it are the last seconds, and the next message says it again.
 */
@Injectable()
export class SignsOfLife implements OnApplicationShutdown {
  private readonly logger = new Logger(SignsOfLife.name);
  private readonly pending = new Map<string, Sign>();
  private readonly writtenAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly presence: PresenceService,
    private readonly clock: Clock,
  ) {}

  /** @param at arrival, epoch milliseconds */
  note(deviceId: string, municipalityId: string, at: number): void {
    const sign = this.pending.get(deviceId);
    if (sign !== undefined) {
      sign.at = at;
      return;
    }
    this.pending.set(deviceId, { municipalityId, at });
    this.schedule();
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

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  /** A failure is logged and forgotten, because the next message notes it again. */
  private async write(resolution: number): Promise<void> {
    const signs = this.takeDue(this.clock.nowMs() - resolution);
    try {
      await this.presence.record(signs);
    } catch (error) {
      this.logger.warn({ err: error }, 'signs of life were not recorded');
    }
    if (this.pending.size > 0 && resolution > 0) this.schedule();
  }

  /** Takes out the signs of devices that were last written at `latest` or before. */
  private takeDue(latest: number): (Sign & { deviceId: string })[] {
    if (this.writtenAt.size > MAX_REMEMBERED) this.writtenAt.clear();
    const now = this.clock.nowMs();
    const due: (Sign & { deviceId: string })[] = [];
    for (const [deviceId, sign] of this.pending) {
      if ((this.writtenAt.get(deviceId) ?? -Infinity) > latest) continue;
      this.pending.delete(deviceId);
      this.writtenAt.set(deviceId, now);
      due.push({ deviceId, ...sign });
    }
    return due;
  }
}
