import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transaction.js';
import { ownerOfChain } from './audit-entry.js';
import { AuditKeys } from './audit-keys.js';
import { genesisOf, type ChainHead } from './canonical-form.js';
import { ChainReader } from './chain-reader.js';
import { ChainVerifier, type Finding } from './chain-verifier.js';
import type { PublicKeys } from './signatures.js';

/** What came out of checking a chain. */
export interface ChainReport {
  readonly chain: string;
  /** Rows that were checked. */
  readonly rows: number;
  /** Where the chain ends; worth noting elsewhere, since nothing after it can be taken away unnoticed then. */
  readonly head: ChainHead;
  /** Rows that wait for the sealer. */
  readonly pending: number;
  /** What is wrong, the first touched row first; empty when all is as it was written. */
  readonly findings: readonly Finding[];
}

/** Checks the chains of the database: rows, seals, heads, anchors, and rows that stand in no chain. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly transactions: Transactions,
    private readonly reader: ChainReader,
    private readonly keys: AuditKeys,
  ) {}

  /** Every chain that anything is known of. */
  async chains(): Promise<string[]> {
    const { rows } = await this.transactions.query<{ chain: string }>(
      `select chain from audit_chains union select chain from audit_seals union select chain from audit_anchors
       union select chain from audit_pending order by chain`,
    );
    return rows.map(({ chain }) => chain);
  }

  /** @param trusted public keys that were kept elsewhere; without them those of the database */
  async verify(chain: string, trusted?: PublicKeys): Promise<ChainReport> {
    // In this order, since the sealer goes on: what it adds meanwhile is not looked at.
    const anchors = await this.reader.anchors(chain, 0, Number.MAX_SAFE_INTEGER);
    const { head, anchored } = await this.head(chain);
    const last = await this.lastPosition(chain, head.position);
    const keys = trusted ?? (await this.keys.publicKeys());
    const verifier = new ChainVerifier(chain, genesisOf(chain), anchors, keys);
    for await (const row of this.reader.rows(chain, 0, last)) verifier.take(row);
    verifier.end(head);
    const findings = [...verifier.findings];
    if (anchored > 0 && (await this.reader.anchors(chain, anchored - 1, anchored)).length === 0) {
      findings.push({ chain, position: anchored, auditId: null, problem: 'the anchor of this position is missing' });
    }
    findings.push(...(await this.outside(chain)));
    return { chain, rows: verifier.rows, head, pending: await this.pending(chain), findings };
  }

  private async head(chain: string): Promise<{ head: ChainHead; anchored: number }> {
    const { rows } = await this.transactions.query<{ position: number; hash: string; anchored_position: number }>(
      `select position, hash, anchored_position from audit_chains where chain = ?`,
      [chain],
    );
    const [row] = rows;
    if (!row) return { head: genesisOf(chain), anchored: 0 };
    return { head: { position: Number(row.position), hash: row.hash }, anchored: Number(row.anchored_position) };
  }

  /** Beyond the head there are seals only when the head was moved back, or the sealer just went on. */
  private async lastPosition(chain: string, position: number): Promise<number> {
    const { rows } = await this.transactions.query<{ last: number | string | null; now: number | string | null }>(
      `select (select max(position) from audit_seals where chain = ?) as last,
         (select position from audit_chains where chain = ?) as now`,
      [chain, chain],
    );
    const [{ last, now } = { last: null, now: null }] = rows;
    return Number(last ?? 0) > Number(now ?? 0) ? Number(last) : position;
  }

  /** Rows that nobody sealed or will seal, and places in the list of work without a row. */
  private async outside(chain: string): Promise<Finding[]> {
    const owner = ownerOfChain(chain);
    const { rows: extra } = await this.transactions.query<{ id: string }>(
      `select l.id from audit_logs l left join audit_seals s on s.audit_id = l.id
         left join audit_pending p on p.audit_id = l.id and p.chain = ?
       where l.municipality_id ${owner === null ? 'is null' : '= ?'} and s.audit_id is null and p.audit_id is null
       order by l.id limit 10`,
      owner === null ? [chain] : [chain, owner],
    );
    const { rows: lost } = await this.transactions.query<{ id: string }>(
      `select p.audit_id as id from audit_pending p left join audit_logs l on l.id = p.audit_id
       where p.chain = ? and l.id is null order by p.audit_id limit 10`,
      [chain],
    );
    const finding = (auditId: string, problem: string): Finding => ({ chain, position: null, auditId, problem });
    return [
      ...extra.map(({ id }) => finding(id, 'the row stands in no chain: it was added past the application')),
      ...lost.map(({ id }) => finding(id, 'the row was deleted before it was sealed')),
    ];
  }

  private async pending(chain: string): Promise<number> {
    const { rows } = await this.transactions.query<{ n: number | string }>(
      `select count(*) as n from audit_pending where chain = ?`,
      [chain],
    );
    return Number(rows[0]?.n ?? 0);
  }
}
