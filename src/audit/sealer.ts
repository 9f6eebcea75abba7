import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { placeholders } from '../database/sql.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { AuditKeys, type SigningKey } from './audit-keys.js';
import { anchorStatement, genesisOf, sealOf, type ChainHead } from './canonical-form.js';
import { ChainReader } from './chain-reader.js';

/** The head of a chain, locked by whoever holds it. */
interface LockedHead extends ChainHead {
  readonly chain: string;
  /** Epoch ms of the last seal. */
  readonly sealedAt: number;
  readonly anchoredPosition: number;
}

/**
 * Links committed audit rows into the chains of their municipalities, so that nobody who writes one waits for a chain.
 * The head of a chain is a locked row: of all instances one extends it at a time, and the others go on to other chains.
 * When a day is over, the first look at a chain signs where it stood.
 */
@Injectable()
export class Sealer {
  private readonly logger = new Logger(Sealer.name);
  private readonly known = new Set<string>();
  private readonly broken = new Set<string>();

  constructor(
    private readonly transactions: Transactions,
    private readonly reader: ChainReader,
    private readonly keys: AuditKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * Seals what is committed, chain by chain; what another instance has in hand is left to it.
   * @param stopping asked between two pieces
   * @returns number of rows sealed
   */
  async seal(stopping: () => boolean = () => false): Promise<number> {
    const { rows } = await this.transactions.query<{ chain: string }>(
      `select distinct chain from audit_pending order by chain`,
    );
    if (rows.length === 0) return 0;
    const key = await this.keys.current();
    let total = 0;
    for (const { chain } of rows) {
      await this.apart(chain, async () => {
        await this.ensure(chain);
        for (let sealed = -1; sealed !== 0 && !stopping();) {
          sealed = await this.extend(chain, key);
          total += sealed;
        }
      });
    }
    return total;
  }

  /** Signs chains that nothing was added to since a day that is over. @returns number of anchors made */
  async anchor(): Promise<number> {
    const today = this.transactions.dialect.instant(Date.parse(dayOf(this.clock.nowMs())));
    const { rows } = await this.transactions.query<{ chain: string }>(
      `select chain from audit_chains where anchored_position < position and sealed_at < ? order by chain`,
      [today],
    );
    if (rows.length === 0) return 0;
    const key = await this.keys.current();
    let made = 0;
    for (const { chain } of rows) {
      await this.apart(chain, async () => {
        if (await this.withHead(chain, (tx, head) => this.anchorIfDue(tx, head, key))) made++;
      });
    }
    return made;
  }

  /** A chain that somebody broke must not keep the others from going on. */
  private async apart(chain: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.broken.delete(chain);
    } catch (error) {
      if (this.transactions.dialect.isUnavailable(error)) throw error;
      if (!this.broken.has(chain)) this.logger.error({ err: error, chain }, 'a chain of the audit log cannot go on');
      this.broken.add(chain);
    }
  }

  private async extend(chain: string, key: SigningKey): Promise<number> {
    const sealed = await this.withHead(chain, async (tx, head) => {
      await this.anchorIfDue(tx, head, key);
      const rows = await this.reader.pending(tx.client, chain);
      if (rows.length === 0) return 0;
      let { position, hash } = head;
      const params: unknown[] = [];
      for (const row of rows) {
        hash = sealOf(hash, chain, ++position, row);
        params.push(chain, position, row.id, hash);
      }
      const list = '(?,?,?,?),'.repeat(rows.length).slice(0, -1);
      await tx.query(`insert into audit_seals (chain, position, audit_id, hash) values ${list}`, params);
      const sealedAt = tx.dialect.instant(Math.max(this.clock.nowMs(), head.sealedAt));
      await tx.query(`update audit_chains set position = ?, hash = ?, sealed_at = ? where chain = ?`, [
        ...[position, hash, sealedAt, chain],
      ]);
      await tx.query(`delete from audit_pending where chain = ? and audit_id in ${placeholders(rows.length)}`, [
        ...[chain, ...rows.map(({ id }) => id)],
      ]);
      return rows.length;
    });
    return sealed ?? 0;
  }

  /** Works on a chain that nobody else works on; undefined when somebody does. */
  private withHead<T>(chain: string, work: (tx: Transaction, head: LockedHead) => Promise<T>): Promise<T | undefined> {
    return this.transactions.run(async (tx) => {
      const { rows } = await tx.query<{
        position: number | string;
        hash: string;
        sealed_at: string;
        anchored_position: number | string;
      }>(
        `select position, hash, sealed_at, anchored_position from audit_chains where chain = ? for update skip locked`,
        [chain],
      );
      const [head] = rows;
      if (!head) return undefined;
      const sealedAt = tx.dialect.epochMs(head.sealed_at);
      const anchoredPosition = Number(head.anchored_position);
      return work(tx, { chain, position: Number(head.position), hash: head.hash, sealedAt, anchoredPosition });
    });
  }

  private async anchorIfDue(tx: Transaction, head: LockedHead, key: SigningKey): Promise<boolean> {
    const { chain, position, hash, sealedAt, anchoredPosition } = head;
    const day = dayOf(sealedAt);
    const now = this.clock.nowMs();
    if (position === anchoredPosition || day >= dayOf(now)) return false;
    await tx.query(
      `insert into audit_anchors (chain, day, position, hash, signature, key_id, created_at) values (?, ?, ?, ?, ?, ?, ?)`,
      [chain, day, position, hash, key.sign(anchorStatement(chain, day, head)), key.id, tx.dialect.instant(now)],
    );
    await tx.query(`update audit_chains set anchored_position = position where chain = ?`, [chain]);
    return true;
  }

  /** Makes the head of a chain where there is none. */
  private async ensure(chain: string): Promise<void> {
    if (this.known.has(chain)) return;
    const { rows } = await this.transactions.query(`select 1 as found from audit_chains where chain = ?`, [chain]);
    if (rows.length === 0) {
      const { dialect } = this.transactions;
      const params = [chain, genesisOf(chain).hash, dialect.instant(this.clock.nowMs())];
      const insert = `insert into audit_chains (chain, position, hash, sealed_at, anchored_position) values (?, 0, ?, ?, 0)`;
      await this.transactions.query(insert, params).catch((error: unknown) => {
        // Another instance was first.
        if (dialect.violatedKey(error) === null) throw error;
      });
    }
    this.known.add(chain);
  }
}

/** The day of an instant, UTC. */
function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
