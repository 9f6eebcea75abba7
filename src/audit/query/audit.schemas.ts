import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { isOrdered, NOT_ORDERED } from '../../common/validation/query-list.js';
import { instantOutSchema, instantSchema, uuidSchema } from '../../common/validation/schemas.js';
import { AUDIT_ACTOR_KINDS, AUDIT_OUTCOMES } from '../audit-entry.js';

const MAX_ACTIVITY_DAYS = 366;
const DAY_MS = 86_400_000;

const textSchema = z.string().trim().min(1).max(128);
const actionSchema = z
  .string()
  .regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/, 'must be like device.updated')
  .describe('What was done, such as `device.updated`, `user.signed_in` or `access.refused`');
const recordTypeSchema = z
  .string()
  .regex(/^[a-z_]{1,64}$/, 'must be a word in snake_case')
  .describe('Kind of record, such as `device`, `user` or `alert_rule`');
const recordIdSchema = textSchema.describe('Id of the record');
const range = {
  from: instantSchema.optional().describe('Not before this instant'),
  to: instantSchema.optional().describe('Before this instant'),
};

/** Query of `GET /audit-logs`. */
export const listAuditSchema = pageQuerySchema
  .extend({
    municipalityId: uuidSchema.optional().describe('The log of this municipality only'),
    actorId: textSchema.optional().describe('What this person, device or part of the platform did'),
    action: actionSchema.optional(),
    recordType: recordTypeSchema.optional(),
    recordId: recordIdSchema.optional(),
    outcome: z.enum(AUDIT_OUTCOMES).optional(),
    requestId: textSchema.optional().describe('What one request did'),
    ...range,
  })
  .refine(isOrdered, NOT_ORDERED);
export type ListAudit = z.infer<typeof listAuditSchema>;

/** Query of `GET /audit-logs/reports/record-history`. */
export const recordHistorySchema = pageQuerySchema.extend({ recordType: recordTypeSchema, recordId: recordIdSchema });
export type RecordHistoryQuery = z.infer<typeof recordHistorySchema>;

/** Query of `GET /audit-logs/reports/user-activity`. */
export const userActivityQuerySchema = z
  .strictObject({ userId: uuidSchema, ...range })
  .refine(isOrdered, NOT_ORDERED)
  .refine(({ from, to }) => !from || (to?.getTime() ?? Date.now()) - from.getTime() <= MAX_ACTIVITY_DAYS * DAY_MS, {
    path: ['from'],
    error: `must be at most ${MAX_ACTIVITY_DAYS} days before \`to\``,
  });
export type UserActivityQuery = z.infer<typeof userActivityQuerySchema>;

/** Query of `GET /audit-logs/anchors`. */
export const listAnchorsSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional().describe('Anchors of the chain of this municipality only'),
});
export type ListAnchors = z.infer<typeof listAnchorsSchema>;

/** Query of `GET /audit-logs/export`. */
export const exportAuditSchema = z
  .strictObject({
    format: z
      .enum(['csv', 'ndjson'])
      .describe('`ndjson` can be verified off line, `csv` opens in a spreadsheet program'),
    municipalityId: uuidSchema.optional().describe('The log of this municipality only'),
    ...range,
  })
  .refine(isOrdered, NOT_ORDERED);
export type ExportAudit = z.infer<typeof exportAuditSchema>;

/** A row of the log in an answer. */
export const auditRecordSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string().nullable().describe('Whose log it stands in; null: that of the country'),
    occurredAt: instantOutSchema,
    actor: z.object({
      kind: z.enum(AUDIT_ACTOR_KINDS),
      id: z.string().nullable(),
      label: z.string().nullable().describe('E-mail address at that time'),
    }),
    address: z.string().nullable().describe('IP address that it came from'),
    userAgent: z.string().nullable(),
    requestId: z.string().nullable(),
    operation: z.string().nullable().describe('What was asked for'),
    action: z.string(),
    outcome: z.enum(AUDIT_OUTCOMES),
    record: z.object({ type: z.string(), id: z.string().nullable(), label: z.string().nullable() }).nullable(),
    changes: z
      .object({ before: z.unknown().optional(), after: z.unknown().optional() })
      .nullable()
      .describe('The fields that changed; "[secret]" stands for what never gets into the log'),
    seal: z
      .object({ position: z.int(), hash: z.string() })
      .nullable()
      .describe('Place in the chain; null for some seconds, until it is sealed'),
  })
  .meta({ id: 'AuditRecord' });
export type AuditRecordResponse = z.infer<typeof auditRecordSchema>;

/** What a person did in a time. */
export const userActivitySchema = z
  .object({
    userId: z.string(),
    from: instantOutSchema,
    to: instantOutSchema,
    total: z.int().describe('Rows in the log; one that concerns several municipalities stands in the log of each'),
    actions: z.array(
      z.object({
        action: z.string(),
        outcome: z.enum(AUDIT_OUTCOMES),
        count: z.int(),
        firstAt: instantOutSchema,
        lastAt: instantOutSchema,
      }),
    ),
    addresses: z.array(z.object({ address: z.string(), count: z.int(), lastAt: instantOutSchema })),
    latest: z.array(auditRecordSchema).describe('The last 50; the list with `actorId` has all'),
  })
  .meta({ id: 'UserActivity' });
export type UserActivityResponse = z.infer<typeof userActivitySchema>;

/** A daily anchor in an answer. */
export const auditAnchorSchema = z
  .object({
    municipalityId: z.string().nullable().describe('Whose chain; null: that of the country'),
    day: z.iso.date().describe('The day (UTC) at whose end the chain stood there'),
    position: z.int(),
    hash: z.string(),
    signature: z.string().describe('Ed25519, base64'),
    keyId: z.string(),
    publicKey: z.string().nullable().describe('PEM'),
  })
  .meta({ id: 'AuditAnchor' });
export type AuditAnchorResponse = z.infer<typeof auditAnchorSchema>;
