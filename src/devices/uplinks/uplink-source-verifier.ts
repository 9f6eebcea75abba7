import { Injectable } from '@nestjs/common';
import { UplinkAuthenticator, type AuthenticatedUplinkSource } from '../../auth/uplink-authenticator.js';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions } from '../../database/transaction.js';
import { matchesHash, NO_SECRET_HASH } from '../credentials/secrets.js';
import type { UplinkKind } from './uplink-source.entity.js';
import { uplinkTokenPrefix } from './uplink-token.js';

interface Row {
  id: string;
  municipality_id: string;
  kind: UplinkKind;
  token_hash: string;
  enabled: boolean | number;
  last_used_at: string | Date | null;
  municipality_status: string;
}

/** How exact the time of last use is: a source in constant use is written this often. */
const RESOLUTION_MS = 60_000;

/** Checks tokens of uplink sources. Unknown, wrong and switched off are one answer and one way, as with API keys. */
@Injectable()
export class UplinkSourceVerifier extends UplinkAuthenticator {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async authenticate(token: string): Promise<AuthenticatedUplinkSource | null> {
    const { rows } = await this.transactions.query<Row>(
      `select s.id, s.municipality_id, s.kind, s.token_hash, s.enabled, s.last_used_at, m.status as municipality_status
       from uplink_sources s join municipalities m on m.id = s.municipality_id where s.token_prefix = ?`,
      [uplinkTokenPrefix(token)],
    );
    const row = rows[0];
    const matches = matchesHash(token, row?.token_hash ?? NO_SECRET_HASH);
    if (row === undefined || !matches || !row.enabled || row.municipality_status !== 'active') return null;
    await this.noteUse(row);
    return { sourceId: row.id, municipalityId: row.municipality_id, kind: row.kind };
  }

  /** Instances that do so at the same time write the same minute. */
  private async noteUse({ id, municipality_id: municipalityId, last_used_at: last }: Row): Promise<void> {
    const now = this.clock.nowMs();
    if (last !== null && now - this.dialect.epochMs(last) < RESOLUTION_MS) return;
    await this.transactions.query(`update uplink_sources set last_used_at = ? where id = ? and municipality_id = ?`, [
      this.dialect.instant(now),
      id,
      municipalityId,
    ]);
  }
}
