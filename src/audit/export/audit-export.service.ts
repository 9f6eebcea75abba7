import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Transactions } from '../../database/transaction.js';
import { chainOf, ownerOfChain, type AuditRow } from '../audit-entry.js';
import { AuditKeys } from '../audit-keys.js';
import { exportStatement, genesisOf, type ChainHead } from '../canonical-form.js';
import { ChainReader, type SealedRow } from '../chain-reader.js';
import { auditScope } from '../query/audit-scope.js';
import { EXPORT_FORMAT, toExportedRow, type ExportLine } from './export-lines.js';

/** What is exported of the chains that the caller may see. */
export interface ExportSelection {
  readonly municipalityId?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A stretch of a chain without a gap. */
export interface Stretch {
  readonly chain: string;
  /** The place before the first row. */
  readonly start: ChainHead;
  readonly end: ChainHead;
}

/** An exported row in a table. */
export interface ExportedRow extends ChainHead {
  readonly chain: string;
  readonly row: AuditRow;
}

/** Hands out sealed rows, in pieces: an export takes no more memory than a piece. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly transactions: Transactions,
    private readonly reader: ChainReader,
    private readonly keys: AuditKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * The stretches that hold what is asked for, of the caller's municipalities. Rows of a time lie close together in a
   * chain; the few others between them belong to the stretch, since it would not hold together without them.
   */
  async stretches(selection: ExportSelection): Promise<Stretch[]> {
    const scope = auditScope('chain');
    const only = selection.municipalityId === undefined ? '' : 'and chain = ?';
    const { rows } = await this.transactions.query<{ chain: string; position: number | string; hash: string }>(
      `select chain, position, hash from audit_chains where position > 0 and ${scope.sql} ${only} order by chain`,
      [...scope.params, ...(only ? [chainOf(selection.municipalityId!)] : [])],
    );
    const stretches: Stretch[] = [];
    for (const { chain, position, hash } of rows) {
      const found = await this.stretch(chain, { position: Number(position), hash }, selection);
      if (found !== undefined) stretches.push(found);
    }
    return stretches;
  }

  /** Lines of JSON with all that is needed to verify them off line. */
  async *lines(stretches: readonly Stretch[]): AsyncGenerator<string> {
    const exportedAt = this.clock.now().toISOString();
    const key = await this.keys.current();
    const write = (line: ExportLine): string => `${JSON.stringify(line)}\n`;
    yield write({ type: 'export', format: EXPORT_FORMAT, exportedAt, chains: stretches.map(({ chain }) => chain) });
    for (const [id, publicKey] of await this.keys.publicKeys()) yield write({ type: 'key', id, publicKey });
    let rows = 0;
    for (const { chain, start, end } of stretches) {
      yield write({ type: 'chain', chain, ...start });
      for (const anchor of await this.reader.anchors(chain, start.position, end.position)) {
        yield write({ type: 'anchor', ...anchor });
      }
      for await (const { row, ...place } of this.reader.rows(chain, start.position, end.position)) {
        rows++;
        yield write({ type: 'row', chain, ...place, row: row && toExportedRow(row) });
      }
      const signature = key.sign(exportStatement(chain, exportedAt, start, end));
      yield write({ type: 'end', chain, ...end, signature, keyId: key.id });
    }
    yield write({ type: 'complete', rows });
  }

  /** The rows alone, for a table. */
  async *rows(stretches: readonly Stretch[], { from, to }: ExportSelection): AsyncGenerator<ExportedRow> {
    for (const { chain, start, end } of stretches) {
      for await (const { row, position, hash } of this.reader.rows(chain, start.position, end.position)) {
        if (row !== null && isWithin(row, from, to)) yield { chain, position, hash, row };
      }
    }
  }

  private async stretch(chain: string, head: ChainHead, { from, to }: ExportSelection): Promise<Stretch | undefined> {
    if (from === undefined && to === undefined) return { chain, start: genesisOf(chain), end: head };
    const { dialect } = this.transactions;
    const owner = ownerOfChain(chain);
    const { rows } = await this.transactions.query<{ first: number | string | null; last: number | string | null }>(
      `select min(s.position) as first, max(s.position) as last
       from audit_logs l join audit_seals s on s.audit_id = l.id
       where l.municipality_id ${owner === null ? 'is null' : '= ?'} and s.position <= ?
         ${from ? 'and l.occurred_at >= ?' : ''} ${to ? 'and l.occurred_at < ?' : ''}`,
      [
        ...[...(owner === null ? [] : [owner]), head.position],
        ...[from, to].flatMap((instant) => (instant ? [dialect.instant(instant.getTime())] : [])),
      ],
    );
    const { first, last } = rows[0] ?? {};
    if (first == null || last == null) return undefined;
    return { chain, start: await this.place(chain, Number(first) - 1), end: await this.place(chain, Number(last)) };
  }

  private async place(chain: string, position: number): Promise<ChainHead> {
    if (position === 0) return genesisOf(chain);
    const { rows } = await this.transactions.query<Pick<SealedRow, 'hash'>>(
      `select hash from audit_seals where chain = ? and position = ?`,
      [chain, position],
    );
    return { position, hash: rows[0]?.hash ?? '' };
  }
}

function isWithin({ occurredAt }: AuditRow, from: Date | undefined, to: Date | undefined): boolean {
  return (!from || occurredAt >= from.getTime()) && (!to || occurredAt < to.getTime());
}
