import type { AuditRecord } from '../audit-record.entity.js';
import type { ChainHead } from '../canonical-form.js';
import type { AuditRecordResponse } from './audit.schemas.js';

/** A row of the log with its place in the chain; without one while it waits for the sealer. */
export interface PlacedRecord {
  readonly record: AuditRecord;
  readonly seal: ChainHead | null;
}

/** A row of the log as callers see it. */
export function toAuditRecordResponse({ record, seal }: PlacedRecord): AuditRecordResponse {
  const { actorKind, actorId, actorLabel, recordType, recordId, recordLabel } = record;
  return {
    id: record.id,
    municipalityId: record.municipalityId ?? null,
    occurredAt: record.occurredAt.toISOString(),
    actor: { kind: actorKind, id: actorId ?? null, label: actorLabel ?? null },
    address: record.address ?? null,
    userAgent: record.userAgent ?? null,
    requestId: record.requestId ?? null,
    operation: record.operation ?? null,
    action: record.action,
    outcome: record.outcome,
    record: recordType == null ? null : { type: recordType, id: recordId ?? null, label: recordLabel ?? null },
    changes: changesOf(record.changes),
    seal,
  };
}

/** A row that somebody touched is shown as far as it can be read. */
function changesOf(text: string | null | undefined): AuditRecordResponse['changes'] {
  if (text == null) return null;
  try {
    return JSON.parse(text) as AuditRecordResponse['changes'];
  } catch {
    return { after: text };
  }
}
