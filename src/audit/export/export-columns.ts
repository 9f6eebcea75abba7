import type { CsvColumn } from '../../common/csv/csv-stream.js';
import type { ExportedRow } from './audit-export.service.js';

/** Columns of the audit log as CSV. */
export const AUDIT_CSV_COLUMNS: readonly CsvColumn<ExportedRow>[] = [
  { header: 'chain', value: ({ chain }) => chain },
  { header: 'position', value: ({ position }) => position },
  { header: 'occurred_at', value: ({ row }) => (Number.isNaN(row.occurredAt) ? null : new Date(row.occurredAt)) },
  { header: 'actor_kind', value: ({ row }) => row.actorKind },
  { header: 'actor_id', value: ({ row }) => row.actorId },
  { header: 'actor_label', value: ({ row }) => row.actorLabel },
  { header: 'address', value: ({ row }) => row.address },
  { header: 'user_agent', value: ({ row }) => row.userAgent },
  { header: 'request_id', value: ({ row }) => row.requestId },
  { header: 'operation', value: ({ row }) => row.operation },
  { header: 'action', value: ({ row }) => row.action },
  { header: 'outcome', value: ({ row }) => row.outcome },
  { header: 'record_type', value: ({ row }) => row.recordType },
  { header: 'record_id', value: ({ row }) => row.recordId },
  { header: 'record_label', value: ({ row }) => row.recordLabel },
  { header: 'changes', value: ({ row }) => row.changes },
  { header: 'id', value: ({ row }) => row.id },
  { header: 'hash', value: ({ hash }) => hash },
];
