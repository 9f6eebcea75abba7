import { z } from 'zod';
import { AUDIT_ACTOR_KINDS, AUDIT_OUTCOMES, type AuditRow } from '../audit-entry.js';

/** Name and version of the format. */
export const EXPORT_FORMAT = 'hydroalert-audit-export-1';

const text = z.string().nullable();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.int().min(0);

const rowSchema = z.strictObject({
  id: z.string(),
  municipalityId: text,
  occurredAt: z.iso.datetime({ precision: 3 }),
  actorKind: z.enum(AUDIT_ACTOR_KINDS),
  actorId: text,
  actorLabel: text,
  address: text,
  userAgent: text,
  requestId: text,
  operation: text,
  action: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  recordType: text,
  recordId: text,
  recordLabel: text,
  changes: text,
});

/** A line of an export, as it is read back; a field more or less is an error. */
export const exportLineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('export'),
    format: z.literal(EXPORT_FORMAT),
    exportedAt: z.iso.datetime({ precision: 3 }),
    chains: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal('key'), id: z.string(), publicKey: z.string() }),
  z.strictObject({ type: z.literal('chain'), chain: z.string(), position, hash }),
  z.strictObject({
    type: z.literal('anchor'),
    chain: z.string(),
    day: z.string(),
    position,
    hash,
    signature: z.string(),
    keyId: z.string(),
  }),
  z.strictObject({
    type: z.literal('row'),
    chain: z.string(),
    position,
    hash,
    auditId: z.string(),
    row: rowSchema.nullable(),
  }),
  z.strictObject({
    type: z.literal('end'),
    chain: z.string(),
    position,
    hash,
    signature: z.string(),
    keyId: z.string(),
  }),
  z.strictObject({ type: z.literal('complete'), rows: z.int() }),
]);
export type ExportLine = z.infer<typeof exportLineSchema>;

type ExportedRow = z.infer<typeof rowSchema>;

/** A row for an export. */
export function toExportedRow({ occurredAt, ...row }: AuditRow): ExportedRow {
  const at = new Date(Number.isNaN(occurredAt) ? 0 : occurredAt).toISOString();
  const { id, municipalityId, ...rest } = row;
  return { id, municipalityId, occurredAt: at, ...rest };
}

/** A row from an export. */
export function fromExportedRow({ occurredAt, ...row }: ExportedRow): AuditRow {
  return { ...row, occurredAt: Date.parse(occurredAt) };
}
