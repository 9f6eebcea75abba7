import { chainOf } from './audit-entry.js';
import { anchorStatement, genesisOf, sealOf, type ChainHead } from './canonical-form.js';
import type { Anchor, SealedRow } from './chain-reader.js';
import { signatureProblem, type PublicKeys } from './signatures.js';

/** Something that is not as it was written. */
export interface Finding {
  readonly chain: string;
  /** Place in the chain; null where it has none. */
  readonly position: number | null;
  /** Id of the audit row; null where none is known. */
  readonly auditId: string | null;
  readonly problem: string;
}

/** A broken log must not fill the memory with what is wrong with it. */
const MAX_FINDINGS = 100;

/**
 * Checks one chain, or a stretch of it, row by row: nothing but the last hash is kept. The first finding names the first
 * row that was touched.
 */
export class ChainVerifier {
  readonly findings: Finding[] = [];
  rows = 0;
  private position: number;
  private hash: string;
  /** Whether the hash before is known; not after a gap. */
  private linked = true;
  private nextAnchor = 0;

  /**
   * @param start where the stretch begins; position 0 for a whole chain
   * @param anchors those of the stretch, in order
   */
  constructor(
    private readonly chain: string,
    start: ChainHead,
    private readonly anchors: readonly Anchor[],
    private readonly keys: PublicKeys,
  ) {
    ({ position: this.position, hash: this.hash } = start);
    if (start.position === 0 && start.hash !== genesisOf(chain).hash) {
      this.find(0, null, 'the chain does not begin with the hash of its name');
    }
  }

  /** The next row of the chain. */
  take({ position, hash, auditId, row }: SealedRow): void {
    this.rows++;
    if (position !== this.position + 1) {
      const lost = position === this.position + 2 ? 'is' : `to ${position - 1} are`;
      this.find(this.position + 1, null, `the seal of this position ${lost} missing`);
      this.linked = false;
    }
    if (row === null) this.find(position, auditId, 'the row was deleted');
    else if (row.id !== auditId || chainOf(row.municipalityId) !== this.chain) {
      this.find(position, auditId, 'the row belongs to another place or chain');
    } else if (this.linked && sealOf(this.hash, this.chain, position, row) !== hash) {
      this.find(position, auditId, 'the row, its order or its seal was changed');
    }
    this.position = position;
    this.hash = hash;
    this.linked = true;
    this.checkAnchors(false);
  }

  /** The end of the stretch. @param head where the chain says that it ends */
  end(head: ChainHead): void {
    if (head.position > this.position) {
      const upTo = head.position - this.position === 1 ? '' : ` to ${head.position}`;
      this.find(this.position + 1, null, `the end of the chain is missing: position ${this.position + 1}${upTo}`);
    } else if (head.position < this.position || head.hash !== this.hash) {
      this.find(this.position, null, 'the head of the chain is not that of its last row');
    }
    this.checkAnchors(true);
  }

  private checkAnchors(atEnd: boolean): void {
    for (; this.nextAnchor < this.anchors.length; this.nextAnchor++) {
      const anchor = this.anchors[this.nextAnchor]!;
      if (anchor.position > this.position && !atEnd) return;
      const statement = anchorStatement(this.chain, anchor.day, anchor);
      const problem = signatureProblem(this.keys, anchor.keyId, statement, anchor.signature);
      if (problem !== undefined) this.find(anchor.position, null, `the anchor of ${anchor.day}: ${problem}`);
      else if (anchor.position > this.position) {
        this.find(
          this.position + 1,
          null,
          `the end of the chain is missing: the anchor of ${anchor.day} signs position ${anchor.position}`,
        );
      } else if (anchor.position === this.position && anchor.hash !== this.hash) {
        this.find(anchor.position, null, `the anchor of ${anchor.day} signs another hash`);
      }
    }
  }

  private find(position: number | null, auditId: string | null, problem: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ chain: this.chain, position, auditId, problem });
  }
}
