import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { Transactions } from '../../database/transaction.js';
import { MQTT_FUTURE_MS } from './signature.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What clocks of our own machines may differ, and more. */
const MARGIN_MS = 60 * MINUTE_MS;
/** One statement deletes what was seen within this time: short locks, and room for others between them. */
const SLICE_MS = 10 * MINUTE_MS;
/** Counts of refusals are for looking back over a year. */
const REFUSALS_KEPT_MS = 400 * DAY_MS;

/** Deletes nonces that no message with them would be taken for any more, and old counts of refusals. */
@Injectable()
export class NoncePruner {
  constructor(
    private readonly transactions: Transactions,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @returns how many nonces were deleted */
  async prune(): Promise<number> {
    const { dialect } = this.transactions;
    // Signed at most so much ahead of its arrival, a message could come again until its age is over.
    const keptMs = this.config.mqtt.signatureMaxAgeSeconds * 1000 + MQTT_FUTURE_MS + MARGIN_MS;
    const end = this.clock.nowMs() - keptMs;
    let deleted = 0;
    for (let from = await this.oldest(); from !== null && from < end; from = await this.oldest()) {
      const to = Math.min(from + SLICE_MS, end);
      const { affected } = await this.transactions.query('delete from device_nonces where seen_at < ?', [
        dialect.instant(to),
      ]);
      deleted += affected;
    }
    const day = new Date(this.clock.nowMs() - REFUSALS_KEPT_MS).toISOString().slice(0, 10);
    await this.transactions.query('delete from device_refusals where day < ?', [day]);
    return deleted;
  }

  /** When the oldest nonce was seen, epoch ms; null when there is none. */
  private async oldest(): Promise<number | null> {
    const { rows } = await this.transactions.query<{ seen_at: string | Date | null }>(
      'select min(seen_at) as seen_at from device_nonces',
    );
    const seenAt = rows[0]?.seen_at ?? null;
    return seenAt === null ? null : this.transactions.dialect.epochMs(seenAt);
  }
}
