import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';

/** Months that are made ahead of the current one. */
const MONTHS_AHEAD = 2;

/** Makes sure that the months of readings exist as partitions: ahead by a job, on demand for late readings. */
@Injectable()
export class PartitionsService {
  private readonly logger = new Logger(PartitionsService.name);
  private readonly made = new Set<string>();
  /** Stretch of time known to have its partitions, epoch ms; most batches lie inside it as a whole. */
  private from = Infinity;
  private to = -Infinity;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** Makes the previous, the current and the next months. */
  async ensureAhead(): Promise<void> {
    const now = this.clock.now();
    const months = Array.from({ length: MONTHS_AHEAD + 2 }, (_, i) => monthOf(addMonths(now, i - 1)));
    for (const month of months) await this.ensureMonth(month);
    this.from = addMonths(now, -1);
    this.to = addMonths(now, MONTHS_AHEAD + 1);
  }

  /** Makes the months of these instants (epoch ms) where they are missing. */
  async ensureFor(instants: readonly { readonly instant: number }[]): Promise<void> {
    for (const { instant } of instants) {
      if (instant >= this.from && instant < this.to) continue;
      const month = monthOf(instant);
      if (!this.made.has(month)) await this.ensureMonth(month);
      // Readings come month by month, nearly always of one month.
      this.from = Date.parse(`${month}-01T00:00:00Z`);
      this.to = addMonths(new Date(this.from), 1);
    }
  }

  /** Forgets what it knows: a partition was taken away by somebody else. */
  forget(): void {
    this.made.clear();
    this.from = Infinity;
    this.to = -Infinity;
  }

  private async ensureMonth(month: string): Promise<void> {
    await this.transactions.run(({ client }) => this.dialect.ensureMonth(client, month));
    if (!this.made.has(month)) this.logger.debug(`readings of ${month} have their partition`);
    this.made.add(month);
  }
}

function monthOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 7);
}

/** First millisecond of the month that lies `months` after that of `date`, UTC. */
function addMonths(date: Date, months: number): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}
