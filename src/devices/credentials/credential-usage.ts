import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';

/** How exact the time of last use is: a credential in constant use is written this often. */
const RESOLUTION_MS = 60_000;
/** Above this many credentials the memory of when each was written is dropped; it costs a few extra writes. */
const MAX_REMEMBERED = 200_000;
/** Uses are gathered this long and written in one statement. */
const FLUSH_AFTER_MS = 1_000;

/** Records when credentials were last used, without a write per use. Losing the last second in a crash is accepted. */
@Injectable()
export class CredentialUsage implements OnApplicationShutdown {
  private readonly logger = new Logger(CredentialUsage.name);
  private readonly pending = new Set<string>();
  /** Credential → when it was last written here, epoch ms: not everybody who notes a use has read the row just now. */
  private readonly writtenAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

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
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size === 0) return;
    const ids = [...this.pending].sort();
    this.pending.clear();
    const now = this.clock.nowMs();
    if (this.writtenAt.size > MAX_REMEMBERED) this.writtenAt.clear();
    for (const id of ids) this.writtenAt.set(id, now);
    try {
      await this.transactions.query(
        `update device_credentials set last_used_at = ? where id in ${placeholders(ids.length)}`,
        [this.dialect.instant(now), ...ids],
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'last use of credentials was not recorded');
    }
  }
}
