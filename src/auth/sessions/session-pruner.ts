import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';

const DAY_MS = 86_400_000;
/** Where somebody signed in within thirty days they are known; older sessions say nothing to anybody. */
const SESSIONS_KEPT_MS = 30 * DAY_MS;
/** A copy of a refresh token that turns up later than this is refused, but no longer ends the session. */
const USED_TOKENS_KEPT_MS = 7 * DAY_MS;
/** Rows per statement: short locks, and room for others between them. */
const BATCH = 500;

/** How many rows were deleted. */
export interface Pruned {
  readonly sessions: number;
  readonly refreshTokens: number;
  readonly links: number;
}

/** Deletes sessions, tokens and links that nobody can use any more, in small batches. */
@Injectable()
export class SessionPruner {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  async prune(): Promise<Pruned> {
    const before = (ms: number): string => this.dialect.instant(this.clock.nowMs() - ms);
    return {
      refreshTokens: await this.delete('refresh_tokens', 'token_hash', 'used_at', before(USED_TOKENS_KEPT_MS)),
      sessions: await this.delete('sessions', 'id', 'expires_at', before(SESSIONS_KEPT_MS)),
      links: await this.delete('one_time_tokens', 'token_hash', 'expires_at', before(DAY_MS)),
    };
  }

  private async delete(table: string, key: string, column: string, limit: string): Promise<number> {
    for (let deleted = 0; ;) {
      const { rows } = await this.transactions.query<{ id: string }>(
        `select ${key} as id from ${table} where ${column} < ? limit ${BATCH}`,
        [limit],
      );
      if (rows.length === 0) return deleted;
      const ids = rows.map(({ id }) => id);
      await this.transactions.query(`delete from ${table} where ${key} in ${placeholders(ids.length)}`, ids);
      deleted += ids.length;
    }
  }
}
