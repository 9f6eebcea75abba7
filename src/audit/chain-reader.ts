import { Injectable } from '@nestjs/common';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { placeholders, runSql, type SqlClient } from '../database/sql.js';
import { Transactions } from '../database/transaction.js';
import { AUDIT_COLUMNS, rowOf, type AuditColumns } from './audit-columns.js';
import type { AuditRow } from './audit-entry.js';
import type { ChainHead } from './canonical-form.js';

/** Rows in memory at a time, and bytes of what changed. */
const MAX_ROWS = 500;
const MAX_BYTES = 8_000_000;

/** A row as it stands in its chain. */
export interface SealedRow extends ChainHead {
  readonly auditId: string;
  /** Null: somebody deleted it. */
  readonly row: AuditRow | null;
}

/** A signed position of a chain. */
export interface Anchor extends ChainHead {
  readonly chain: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  /** Base64. */
  readonly signature: string;
  readonly keyId: string;
}

interface Place {
  position: number | string;
  audit_id: string;
  hash: string;
  size: number | string;
}

/** Reads audit rows in pieces whose memory does not grow with the log. The caller has checked that they may be seen. */
@Injectable()
export class ChainReader {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
  ) {}

  /** The rows of a chain after one position and up to another, in order. */
  async *rows(chain: string, after: number, upTo: number): AsyncGenerator<SealedRow> {
    for (let position = after; position < upTo;) {
      const { rows: places } = await this.transactions.query<Place>(
        `select s.position, s.audit_id, s.hash, coalesce(octet_length(l.changes), 0) as size
         from audit_seals s left join audit_logs l on l.id = s.audit_id
         where s.chain = ? and s.position > ? and s.position <= ? order by s.position limit ${MAX_ROWS}`,
        [chain, position, upTo],
      );
      if (places.length === 0) return;
      const piece = upToBytes(places);
      const found = await this.byIds(piece.map(({ audit_id }) => audit_id));
      for (const { position: at, audit_id: auditId, hash } of piece) {
        yield { position: Number(at), hash, auditId, row: found.get(auditId) ?? null };
      }
      position = Number(piece.at(-1)!.position);
    }
  }

  /** Rows that wait for the sealer, the oldest first; not more than a piece. */
  async pending(client: SqlClient, chain: string): Promise<AuditRow[]> {
    const { rows: places } = await runSql<Pick<Place, 'audit_id' | 'size'>>(
      client,
      this.dialect.bind(
        `select p.audit_id, coalesce(octet_length(l.changes), 0) as size from audit_pending p
         join audit_logs l on l.id = p.audit_id where p.chain = ? order by p.audit_id limit ${MAX_ROWS}`,
      ),
      [chain],
    );
    const piece = upToBytes(places).map(({ audit_id }) => audit_id);
    const found = await this.byIds(piece, client);
    return piece.map((id) => found.get(id)).filter((row) => row !== undefined);
  }

  /** The signed positions of a chain within a range, in order. */
  async anchors(chain: string, after: number, upTo: number): Promise<Anchor[]> {
    const { rows } = await this.transactions.query<Anchor & { position: number | string; key_id: string }>(
      `select chain, day, position, hash, signature, key_id from audit_anchors
       where chain = ? and position > ? and position <= ? order by position`,
      [chain, after, upTo],
    );
    return rows.map(({ key_id: keyId, position, ...anchor }) => ({ ...anchor, position: Number(position), keyId }));
  }

  private async byIds(ids: readonly string[], client?: SqlClient): Promise<Map<string, AuditRow>> {
    if (ids.length === 0) return new Map();
    const sql = `select ${AUDIT_COLUMNS.join(', ')} from audit_logs where id in ${placeholders(ids.length)}`;
    const { rows } = client
      ? await runSql<AuditColumns>(client, this.dialect.bind(sql), ids)
      : await this.transactions.query<AuditColumns>(sql, ids);
    return new Map(rows.map((columns) => [columns.id, rowOf(columns, this.dialect)]));
  }
}

/** As many of the rows as fit into a piece, and at least one. */
function upToBytes<T extends { readonly size: number | string }>(places: readonly T[]): T[] {
  let bytes = 0;
  const end = places.findIndex(({ size }, i) => {
    bytes += Number(size);
    return i > 0 && bytes > MAX_BYTES;
  });
  return places.slice(0, end === -1 ? undefined : end);
}
