import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';
import { LIVE_LOG_KEPT_MS } from './live-log-age.js';

const INTERVAL_MS = 3_600_000;
/** Rows per statement: short locks, and room for ingestion between them. */
const BATCH = 500;

interface Old {
  municipality_id: string;
  first: number | string;
  last: number | string;
}

/** Deletes live events that nobody can ask for any more, once an hour in the processes that do jobs. */
@Injectable()
export class OutboxPruner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutboxPruner.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<number> | undefined;
  private stopping = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.hasRole('worker')) return;
    this.timer = setInterval(() => void this.pruneQuietly(), INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping = true;
    await this.running?.catch(() => undefined);
  }

  /** Deletes what is too old, in small batches; a call while another one runs joins it. @returns number of events deleted */
  prune(): Promise<number> {
    this.running ??= this.pruneAll().finally(() => (this.running = undefined));
    return this.running;
  }

  private async pruneAll(): Promise<number> {
    const limit = this.dialect.instant(this.clock.nowMs() - LIVE_LOG_KEPT_MS);
    const { rows } = await this.transactions.query<Old>(
      `select municipality_id, min(position) as first, max(position) as last from outbox_events
       where occurred_at < ? group by municipality_id`,
      [limit],
    );
    let deleted = 0;
    for (const old of rows) {
      // By position, not by time: a log loses its beginning only, never something from its middle.
      for (let from = Number(old.first); from <= Number(old.last) && !this.stopping; from += BATCH) {
        const to = Math.min(from + BATCH - 1, Number(old.last));
        const { affected } = await this.transactions.query(
          'delete from outbox_events where municipality_id = ? and position between ? and ?',
          [old.municipality_id, from, to],
        );
        deleted += affected;
      }
    }
    return deleted;
  }

  private async pruneQuietly(): Promise<void> {
    try {
      const deleted = await this.prune();
      if (deleted > 0) this.logger.log(`${deleted} live events of more than a day ago were deleted`);
    } catch (error) {
      this.logger.warn(`old live events could not be deleted; tried again in an hour: ${String(error)}`);
    }
  }
}
