import type { SqlDialect } from '../database/dialects/sql-dialect.js';
import type { AuditActorKind, AuditOutcome, AuditRow } from './audit-entry.js';

/** Columns of `audit_logs`, in the order of the canonical form. */
export const AUDIT_COLUMNS = [
  ...['id', 'municipality_id', 'occurred_at', 'actor_kind', 'actor_id', 'actor_label', 'address', 'user_agent'],
  ...['request_id', 'operation', 'action', 'outcome', 'record_type', 'record_id', 'record_label', 'changes'],
] as const;

/** A row of `audit_logs` as the driver answers it. */
export interface AuditColumns {
  readonly id: string;
  readonly municipality_id: string | null;
  readonly occurred_at: string | Date;
  readonly actor_kind: AuditActorKind;
  readonly actor_id: string | null;
  readonly actor_label: string | null;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly operation: string | null;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly record_type: string | null;
  readonly record_id: string | null;
  readonly record_label: string | null;
  readonly changes: string | null;
}

/** The row that the driver answered. */
export function rowOf(columns: AuditColumns, dialect: SqlDialect): AuditRow {
  return {
    id: columns.id,
    municipalityId: columns.municipality_id,
    occurredAt: dialect.epochMs(columns.occurred_at),
    actorKind: columns.actor_kind,
    actorId: columns.actor_id,
    actorLabel: columns.actor_label,
    address: columns.address,
    userAgent: columns.user_agent,
    requestId: columns.request_id,
    operation: columns.operation,
    action: columns.action,
    outcome: columns.outcome,
    recordType: columns.record_type,
    recordId: columns.record_id,
    recordLabel: columns.record_label,
    changes: columns.changes,
  };
}

/** The columns of a row for an insert, in the order of {@link AUDIT_COLUMNS}. */
export function columnValues(row: AuditRow, dialect: SqlDialect): unknown[] {
  return [
    ...[row.id, row.municipalityId, dialect.instant(row.occurredAt), row.actorKind, row.actorId, row.actorLabel],
    ...[row.address, row.userAgent, row.requestId, row.operation, row.action, row.outcome],
    ...[row.recordType, row.recordId, row.recordLabel, row.changes],
  ];
}
