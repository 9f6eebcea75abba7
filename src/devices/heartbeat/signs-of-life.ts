import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { SignOfLife } from './presence-state.js';
import { PresenceService } from './presence.service.js';

/** A device is written this often at most; what came in between is written when the time is over … */
const RESOLUTION_MS = 10_000;
/** … and so many times within its heartbeat interval, so that one of a few seconds is not taken for silent. */
const TIMES_PER_INTERVAL = 4;
/** Signs are gathered this long and written together. */
const FLUSH_AFTER_MS = 1_000;
/** Above this many devices the memory of when each was written is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 200_000;
/** Devices that are written together: short locks, and far below what a statement may name. */
const PIECE = 2_000;

interface Sign {
  at: number;
  data?: boolean;
  clock?: 'right' | 'wrong';
}

interface Written {
  readonly at: number;
  /** Milliseconds in which it need not be written again. */
  readonly resolution: number;
}

/**
 * Readings show that a device lives, too: notes when they came, without a write per message.
 * What a crash loses of it are the last seconds, and the next message says it again.
 */
@Injectable()
export class SignsOfLife implements OnApplicationShutdown {
  private readonly logger = new Logger(SignsOfLife.name);
  private readonly pending = new Map<string, Sign>();
  private readonly written = new Map<string, Written>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failing = false;

  constructor(
    private readonly presence: PresenceService,
    private readonly clock: Clock,
  ) {}

  /** Something came. @param at arrival, epoch milliseconds */
  note(deviceId: string, at: number): void {
    const sign = this.pending.get(deviceId);
    if (sign !== undefined) {
      sign.at = at;
      return;
    }
    this.pending.set(deviceId, { at });
    this.schedule();
  }

  /** Readings were taken. @param clock whether their times could be right; absent: nothing is known */
  noteReadings(deviceId: string, at: number, clock?: 'right' | 'wrong'): void {
    this.note(deviceId, at);
    const sign = this.pending.get(deviceId)!;
    sign.data = true;
    if (clock !== undefined) sign.clock = clock;
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

  private async write(resolution: number): Promise<void> {
    const now = this.clock.nowMs();
    const signs = this.takeDue(now, resolution);
    for (let from = 0; from < signs.length; from += PIECE) {
      const piece = signs.slice(from, from + PIECE);
      try {
        await this.record(piece, now);
        this.failing = false;
      } catch (error) {
        if (!this.failing) this.logger.warn({ err: error }, 'signs of life were not recorded; tried again');
        this.failing = true;
        // What failed comes last, so that it is not for ever in the way of the others.
        this.putBack([...signs.slice(from + PIECE), ...piece]);
        break;
      }
    }
    if (this.pending.size > 0 && resolution > 0) this.schedule();
  }

  private async record(signs: readonly SignOfLife[], now: number): Promise<void> {
    const devices = await this.presence.record(signs);
    for (const [id, { intervalMs }] of devices) {
      this.written.set(id, { at: now, resolution: Math.min(RESOLUTION_MS, intervalMs / TIMES_PER_INTERVAL) });
    }
  }

  /** Of each device one sign is kept at most: what has come meanwhile is newer, and takes over what it does not say. */
  private putBack(signs: readonly SignOfLife[]): void {
    for (const { deviceId, ...sign } of signs) this.pending.set(deviceId, { ...sign, ...this.pending.get(deviceId) });
  }

  /** Takes out the signs of devices that were not written within their resolution, or the one asked for. */
  private takeDue(now: number, asked: number): SignOfLife[] {
    if (this.written.size > MAX_REMEMBERED) this.written.clear();
    const due: SignOfLife[] = [];
    for (const [deviceId, sign] of this.pending) {
      const written = this.written.get(deviceId);
      if (written !== undefined && written.at + Math.min(asked, written.resolution) > now) continue;
      this.pending.delete(deviceId);
      due.push({ deviceId, ...sign });
    }
    return due;
  }
}
