import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { OutboundHttp } from '../../common/http/outbound-http.js';
import { Transactions } from '../../database/transaction.js';
import { AuditKeys } from '../audit-keys.js';

/** A receiver that was away for longer has to fetch what it missed: `GET /audit-logs/anchors`. */
const KEEP_TRYING_MS = 30 * 86_400_000;
const MAX_ANCHORS = 1_000;
const AT_ONCE = 5;

interface Row {
  chain: string;
  code: string;
  url: string;
  day: string;
  position: number | string;
  hash: string;
  signature: string;
  key_id: string;
}

/**
 * Sends signed anchors to where their municipality wants them kept. What the installation itself could rewrite proves
 * little; what somebody else keeps does. Until it is taken an anchor is sent again, so it may arrive twice.
 */
@Injectable()
export class AnchorWitness {
  private readonly logger = new Logger(AnchorWitness.name);

  constructor(
    private readonly transactions: Transactions,
    private readonly http: OutboundHttp,
    private readonly keys: AuditKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends what was not taken yet; one municipality's anchors in their order.
   * @param stopping asked between two anchors
   * @returns number of anchors that were taken
   */
  async deliver(stopping: () => boolean = () => false): Promise<number> {
    const since = this.transactions.dialect.instant(this.clock.nowMs() - KEEP_TRYING_MS);
    const { rows } = await this.transactions.query<Row>(
      `select a.chain, m.code, m.witness_url as url, a.day, a.position, a.hash, a.signature, a.key_id
       from audit_anchors a join municipalities m on ${this.chainOfMunicipality()}
       where a.witnessed_at is null and m.witness_url is not null and a.created_at > ?
       order by a.chain, a.position limit ${MAX_ANCHORS}`,
      [since],
    );
    if (rows.length === 0) return 0;
    const keys = await this.keys.publicKeys();
    const chains = [...new Set(rows.map(({ chain }) => chain))];
    const queues = chains.map((chain) => rows.filter((row) => row.chain === chain));
    let taken = 0;
    const worker = async (): Promise<void> => {
      for (let queue = queues.shift(); queue !== undefined; queue = queues.shift()) {
        taken += await this.deliverInOrder(queue, keys, stopping);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return taken;
  }

  /** Stops at the first that is not taken. */
  private async deliverInOrder(
    queue: readonly Row[],
    keys: ReadonlyMap<string, string>,
    stopping: () => boolean,
  ): Promise<number> {
    let taken = 0;
    for (const row of queue) {
      if (stopping() || !(await this.send(row, keys.get(row.key_id)))) break;
      const now = this.transactions.dialect.instant(this.clock.nowMs());
      const change = `update audit_anchors set witnessed_at = ? where chain = ? and position = ?`;
      await this.transactions.query(change, [now, row.chain, row.position]);
      taken++;
    }
    return taken;
  }

  private async send(row: Row, publicKey: string | undefined): Promise<boolean> {
    const { chain, code, url, day, hash, signature } = row;
    const anchor = { chain, municipalityCode: code, day, position: Number(row.position), hash, signature };
    const body = JSON.stringify({ ...anchor, keyId: row.key_id, publicKey });
    try {
      const { status } = await this.http.send(url, { body, headers: { 'content-type': 'application/json' } });
      if (status >= 200 && status < 300) return true;
      this.logger.warn(`the witness of ${code} answered ${status} to the anchor of ${day}; it is sent again`);
    } catch (error) {
      this.logger.warn(`the witness of ${code} did not take the anchor of ${day}: ${String(error)}; it is sent again`);
    }
    return false;
  }

  /** PostgreSQL has a type for ids and does not compare it with text by itself. */
  private chainOfMunicipality(): string {
    return this.transactions.dialect.name === 'postgres' ? 'm.id::text = a.chain' : 'm.id = a.chain';
  }
}
