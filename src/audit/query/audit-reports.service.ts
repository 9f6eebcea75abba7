import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { Transactions } from '../../database/transaction.js';
import { chainOf, ownerOfChain, type AuditOutcome } from '../audit-entry.js';
import { AuditKeys } from '../audit-keys.js';
import { AuditQueries } from './audit-queries.service.js';
import { toAuditRecordResponse } from './audit.mapper.js';
import { auditScope } from './audit-scope.js';
import type { AuditAnchorResponse, ListAnchors, UserActivityQuery, UserActivityResponse } from './audit.schemas.js';

const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;
const LATEST = 50;
/** Kinds of things and addresses in a report; nobody reads more. */
const MAX_GROUPS = 200;
const cursorSchema = z.tuple([z.string(), z.int()]);

interface Group {
  readonly n: number | string;
  readonly first_at: string;
  readonly last_at: string;
}

interface AnchorRow {
  readonly chain: string;
  readonly day: string;
  readonly position: number | string;
  readonly hash: string;
  readonly signature: string;
  readonly key_id: string;
}

/** Sums up the audit log of the caller's municipalities. */
@Injectable()
export class AuditReports {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AuditQueries,
    private readonly keys: AuditKeys,
    private readonly clock: Clock,
  ) {}

  /** What a person did, how often and from where; of the last 30 days unless it is said otherwise. */
  async userActivity({ userId, from, to }: UserActivityQuery): Promise<UserActivityResponse> {
    const end = to ?? this.clock.now();
    const start = from ?? new Date(end.getTime() - DEFAULT_DAYS * DAY_MS);
    const actions = await this.groups<{ action: string; outcome: AuditOutcome }>('action, outcome', userId, start, end);
    const addresses = await this.groups<{ address: string | null }>('address', userId, start, end);
    const latest = await this.queries.list({ actorId: userId, from: start, to: end, limit: LATEST });
    const at = (instant: string): string => new Date(this.transactions.dialect.epochMs(instant)).toISOString();
    return {
      userId,
      from: start.toISOString(),
      to: end.toISOString(),
      total: addresses.reduce((sum, { n }) => sum + Number(n), 0),
      actions: actions.map(({ action, outcome, n, first_at, last_at }) => {
        return { action, outcome, count: Number(n), firstAt: at(first_at), lastAt: at(last_at) };
      }),
      addresses: addresses.flatMap(({ address, n, last_at }) => {
        return address === null ? [] : [{ address, count: Number(n), lastAt: at(last_at) }];
      }),
      latest: latest.items.map(toAuditRecordResponse),
    };
  }

  /** Signed anchors by chain and position. */
  async anchors(query: ListAnchors): Promise<Page<AuditAnchorResponse>> {
    const [chain, position] = startAfter(query, cursorSchema) ?? ['', 0];
    // A chain is called like its municipality.
    const scope = auditScope('chain');
    const only = query.municipalityId === undefined ? '' : 'and chain = ?';
    const { rows } = await this.transactions.query<AnchorRow>(
      `select chain, day, position, hash, signature, key_id from audit_anchors
       where (chain > ? or (chain = ? and position > ?)) and ${scope.sql} ${only}
       order by chain, position limit ?`,
      [chain, chain, position, ...scope.params, ...(only ? [chainOf(query.municipalityId!)] : []), query.limit + 1],
    );
    const keys = await this.keys.publicKeys();
    const page = pageOf(rows, query.limit, (row) => [row.chain, Number(row.position)]);
    return page.map((row) => ({
      municipalityId: ownerOfChain(row.chain),
      day: row.day,
      position: Number(row.position),
      hash: row.hash,
      signature: row.signature,
      keyId: row.key_id,
      publicKey: keys.get(row.key_id) ?? null,
    }));
  }

  private async groups<Row>(by: string, userId: string, from: Date, to: Date): Promise<(Row & Group)[]> {
    const { dialect } = this.transactions;
    const scope = auditScope('municipality_id');
    const { rows } = await this.transactions.query<Row & Group>(
      `select ${by}, count(*) as n, min(occurred_at) as first_at, max(occurred_at) as last_at from audit_logs
       where actor_id = ? and occurred_at >= ? and occurred_at < ? and ${scope.sql}
       group by ${by} order by n desc, ${by} limit ${MAX_GROUPS}`,
      [userId, dialect.instant(from.getTime()), dialect.instant(to.getTime()), ...scope.params],
    );
    return rows;
  }
}
