import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';

/** How exact the time of last use is: a credential in constant use is written this often. */
const RESOLUTION_MS = 60_000;
/** Above this many credentials the memory of when each was written is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 200_000;
/** Uses are gathered this long and written together. */
const FLUSH_AFTER_MS = 1_000;
/** Rows of one statement, far below the limit of placeholders of either database. */
const MAX_ROWS = 5_000;

/** Records when credentials were last used, without a write per use. Losing the last second in a crash is accepted. */
@Injectable()
export class CredentialUsage implements OnApplicationShutdown {
  private readonly logger = new Logger(CredentialUsage.name);
  private readonly pending = new Set<string>();
  /** Credential → when it was last written here, epoch ms: not everybody who notes a use has read the row just now. */
  private readonly writtenAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** @param lastUsedAt what the row says now, epoch milliseconds */
  note(credentialId: string, lastUsedAt: number | null): void {
    const known = Math.max(lastUsedAt ?? -Infinity, this.writtenAt.get(credentialId) ?? -Infinity);
    if (this.clock.nowMs() - known < RESOLUTION_MS) return;
    this.pending.add(credentialId);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  /** Writes what was noted; a failure is logged and forgotten, because a reading must not fail for it. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const now = this.clock.nowMs();
    // What was noted again while it was being written is written.
    const due = [...this.pending].filter((id) => now - (this.writtenAt.get(id) ?? -Infinity) >= RESOLUTION_MS).sort();
    this.pending.clear();
    if (this.writtenAt.size > MAX_REMEMBERED) this.writtenAt.clear();
    try {
      for (let from = 0; from < due.length; from += MAX_ROWS) {
        const ids = due.slice(from, from + MAX_ROWS);
        await this.transactions.query(
          `update device_credentials set last_used_at = ? where id in ${placeholders(ids.length)}`,
          [this.dialect.instant(now), ...ids],
        );
        for (const id of ids) this.writtenAt.set(id, now);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'last use of credentials was not recorded');
    }
  }
}
