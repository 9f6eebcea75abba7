import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { PresenceService } from './presence.service.js';

/** Per device, signs of life closer together than this are one. */
const RESOLUTION_MS = 10_000;
/** Signs are gathered this long and written together. */
const FLUSH_AFTER_MS = 1_000;
/** Above this many devices the memory of when each was noted is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 500_000;

/**
 * Readings show that a device lives, too: notes when they came, without a write per message.
 * What a crash loses of it is the last second, and the next message says it again.
 */
@Injectable()
export class SignsOfLife implements OnApplicationShutdown {
  private readonly logger = new Logger(SignsOfLife.name);
  private readonly notedAt = new Map<string, number>();
  private pending = new Map<string, { municipalityId: string; at: number }>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly presence: PresenceService) {}

  /** @param at arrival, epoch milliseconds */
  note(deviceId: string, municipalityId: string, at: number): void {
    const last = this.notedAt.get(deviceId);
    if (last !== undefined && at - last < RESOLUTION_MS) return;
    if (this.notedAt.size >= MAX_REMEMBERED) this.notedAt.clear();
    this.notedAt.set(deviceId, at);
    this.pending.set(deviceId, { municipalityId, at });
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  /** Writes what was noted; a failure is logged and forgotten, because the next message notes it again. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private async write(): Promise<void> {
    const signs = [...this.pending].map(([deviceId, sign]) => ({ deviceId, ...sign }));
    this.pending = new Map();
    try {
      await this.presence.record(signs);
    } catch (error) {
      this.logger.warn({ err: error }, 'signs of life were not recorded');
    }
  }
}
