import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Merging } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { count, hourOf, noDeliveries, type Delivery, type DeliveryCount } from './deliveries.js';

/** Counts are gathered this long and written together. */
const FLUSH_AFTER_MS = 10_000;
/** So many are written at once: somebody uploads years of hours. */
const MAX_PENDING = 20_000;
/** Rows of one statement; nine parameters each. */
const MAX_ROWS = 1_000;

const COLUMNS: Readonly<Record<string, Merging>> = {
  sets: 'add',
  duplicates: 'add',
  late: 'add',
  timely: 'add',
  delay_sum_ms: 'add',
  delay_min_ms: 'least',
  delay_max_ms: 'greatest',
};

/** Counts of one device by hour (epoch milliseconds). */
type Hours = Map<number, DeliveryCount>;

/**
 * Counts how reading sets arrive, per device and hour, without a write per message. What a crash, or a database that is
 * away, loses of it are the duplicates, late sets and delays of the last seconds; what was received stands in the
 * readings, and is never lost.
 */
@Injectable()
export class DeliveryCounts implements OnApplicationShutdown {
  private readonly logger = new Logger(DeliveryCounts.name);
  private pending = new Map<string, Hours>();
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly transactions: Transactions) {}

  /** Counts sets that are committed. */
  note(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) count(this.countOf(delivery.deviceId, hourOf(delivery.instant)), delivery);
    if (this.size >= MAX_PENDING) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  /** Writes what was counted; a failure is logged and forgotten. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const devices = this.pending;
    this.pending = new Map();
    this.size = 0;
    this.writing = this.writing.then(() => this.write(devices));
    return this.writing;
  }

  private countOf(deviceId: string, hour: number): DeliveryCount {
    let hours = this.pending.get(deviceId);
    if (hours === undefined) this.pending.set(deviceId, (hours = new Map<number, DeliveryCount>()));
    let known = hours.get(hour);
    if (known === undefined) {
      hours.set(hour, (known = noDeliveries()));
      this.size++;
    }
    return known;
  }

  private async write(devices: ReadonlyMap<string, Hours>): Promise<void> {
    if (devices.size === 0) return;
    // In the order of their keys, so that no two writers deadlock.
    const ids = [...devices.keys()].sort();
    try {
      await this.transactions.run(async (tx) => {
        const known = await existing(tx, ids);
        const rows = ids
          .filter((id) => known.has(id))
          .flatMap((id) => [...devices.get(id)!].sort(([a], [b]) => a - b).map(([hour, row]) => ({ id, hour, row })));
        for (let from = 0; from < rows.length; from += MAX_ROWS) {
          const some = rows.slice(from, from + MAX_ROWS);
          const sql = tx.dialect.merge('delivery_hours', ['device_id', 'hour'], COLUMNS, some.length);
          await tx.query(
            sql,
            some.flatMap(({ id, hour, row }) => [id, tx.dialect.instant(hour), ...valuesOf(row)]),
          );
        }
      });
    } catch (error) {
      this.logger.warn({ err: error }, 'deliveries were not counted');
    }
  }
}

/** In the order of {@link COLUMNS}. */
function valuesOf({ sets, duplicates, late, timely, delaySumMs, delayMinMs, delayMaxMs }: DeliveryCount): unknown[] {
  return [sets, duplicates, late, timely, delaySumMs, delayMinMs, delayMaxMs];
}

/** Those of the ids that a device has, as the platform's own work: of all municipalities. */
async function existing(tx: Transaction, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += MAX_ROWS) {
    const some = ids.slice(from, from + MAX_ROWS);
    const { rows } = await tx.query<{ id: string }>(
      `select id from devices where id in ${placeholders(some.length)}`,
      some,
    );
    for (const { id } of rows) found.add(id);
  }
  return found;
}
