import { createHash } from 'node:crypto';
import type { AuditRow } from './audit-entry.js';

/** First member of what is hashed or signed: says which form it has, so that one cannot stand for the other. */
const ROW_FORM = 'hydroalert-audit-row-1';
const ANCHOR_FORM = 'hydroalert-audit-anchor-1';
const EXPORT_FORM = 'hydroalert-audit-export-1';

/** Where a chain stands: the last position and its hash (hexadecimal). */
export interface ChainHead {
  readonly position: number;
  readonly hash: string;
}

/** Where every chain begins: position 0, and the SHA-256 of its name. */
export function genesisOf(chain: string): ChainHead {
  return {
    position: 0,
    hash: createHash('sha256')
      .update(JSON.stringify([ROW_FORM, chain]))
      .digest('hex'),
  };
}

/**
 * The bytes of a row that are sealed: a JSON array of strings, nulls and one whole number without white space, which is
 * RFC 8785 (JCS). See docs/audit.md: whoever has the row can make them.
 */
export function canonicalRow(chain: string, position: number, row: AuditRow): string {
  return JSON.stringify([
    ...[ROW_FORM, chain, position, row.id, row.municipalityId, instantText(row.occurredAt)],
    ...[row.actorKind, row.actorId, row.actorLabel, row.address, row.userAgent, row.requestId, row.operation],
    ...[row.action, row.outcome, row.recordType, row.recordId, row.recordLabel, row.changes],
  ]);
}

/** SHA-256 over the 32 bytes of the hash before and the row's canonical bytes (UTF-8). */
export function sealOf(previousHash: string, chain: string, position: number, row: AuditRow): string {
  const hash = createHash('sha256').update(Buffer.from(previousHash, 'hex'));
  return hash.update(canonicalRow(chain, position, row), 'utf8').digest('hex');
}

/** What the signature of a daily anchor signs. */
export function anchorStatement(chain: string, day: string, head: ChainHead): string {
  return JSON.stringify([ANCHOR_FORM, chain, day, head.position, head.hash]);
}

/** What the signature at the end of a chain in an export signs. */
export function exportStatement(chain: string, exportedAt: string, start: ChainHead, end: ChainHead): string {
  return JSON.stringify([EXPORT_FORM, chain, exportedAt, start.position, start.hash, end.position, end.hash]);
}

/** A row that was touched may hold what is no instant. */
function instantText(epochMs: number): string {
  return Number.isNaN(epochMs) ? 'invalid' : new Date(epochMs).toISOString();
}
