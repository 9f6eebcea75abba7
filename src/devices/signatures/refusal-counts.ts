import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { placeholders } from '../../database/sql.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { REFUSAL_CODES, type RefusalCode } from './device-refusal.entity.js';

/** A message or request of a device that was refused. */
export interface Refusal {
  readonly deviceId: string;
  readonly code: RefusalCode;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
}

/** Refused requests are gathered this long and counted together. */
const FLUSH_AFTER_MS = 1_000;
/** Above this many in memory, requests of strangers are no longer counted until the next writing. */
const MAX_PENDING = 10_000;
/** Rows of one statement; four parameters each. */
const MAX_ROWS = 1_000;

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);

/** Whether a rejection is about the signature of a message. */
export function isRefusalCode(code: string): code is RefusalCode {
  return CODES.has(code);
}

/** Counts, per device and day, what was refused for its signature. */
@Injectable()
export class RefusalCounts implements OnApplicationShutdown {
  private readonly logger = new Logger(RefusalCounts.name);
  private readonly pending = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** Counts in the caller's transaction; the devices have to exist. */
  async add(tx: Transaction, refusals: readonly Refusal[]): Promise<void> {
    if (refusals.length === 0) return;
    const counts = new Map<string, number>();
    for (const { deviceId, code, at } of refusals) raise(counts, keyOf(deviceId, code, at), 1);
    await this.write(tx, counts);
  }

  /**
   * Counts a refused request. Written with others after a second, since whoever has no key can send many; a crash loses
   * what was not written yet.
   * @param deviceId as the request names it; counted only if there is such a device
   */
  note(deviceId: string, code: RefusalCode): void {
    const key = keyOf(deviceId, code, this.clock.nowMs());
    if (this.pending.size >= MAX_PENDING && !this.pending.has(key)) return;
    raise(this.pending, key, 1);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  /** Writes what was noted; a failure is logged and forgotten. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.writePending());
    return this.writing;
  }

  private async writePending(): Promise<void> {
    if (this.pending.size === 0) return;
    const counts = new Map(this.pending);
    this.pending.clear();
    try {
      await this.transactions.run(async (tx) => {
        const known = await existing(tx, [...new Set([...counts.keys()].map((key) => partsOf(key)[0]))]);
        await this.write(tx, new Map([...counts].filter(([key]) => known.has(partsOf(key)[0]))));
      });
    } catch (error) {
      this.logger.warn({ err: error }, 'refused requests were not counted');
    }
  }

  /** In the order of the keys, so that no two writers deadlock. */
  private async write(tx: Transaction, counts: ReadonlyMap<string, number>): Promise<void> {
    const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => [...partsOf(key), count]);
    for (let from = 0; from < rows.length; from += MAX_ROWS) {
      const some = rows.slice(from, from + MAX_ROWS);
      const sql = tx.dialect.merge('device_refusals', ['device_id', 'day', 'code'], { count: 'add' }, some.length);
      await tx.query(sql, some.flat());
    }
  }
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

/** None of the parts holds a blank. */
function keyOf(deviceId: string, code: RefusalCode, at: number): string {
  return `${deviceId} ${new Date(at).toISOString().slice(0, 10)} ${code}`;
}

function partsOf(key: string): [deviceId: string, day: string, code: string] {
  return key.split(' ') as [string, string, string];
}

function raise(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
