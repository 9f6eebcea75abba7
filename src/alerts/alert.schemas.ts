import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { isOrdered, NOT_ORDERED, queryListSchema } from '../common/validation/query-list.js';
import { deviceIdSchema, instantOutSchema, instantSchema, uuidSchema } from '../common/validation/schemas.js';
import { SEVERITIES } from '../rules/severity.js';
import { ALERT_KINDS } from './alert-kind.js';
import { ALERT_STATUSES } from './alert-status.js';

const MAX_COMMENT = 2_000;

/** Query of `GET /alerts`. */
export const listAlertsSchema = pageQuerySchema
  .extend({
    status: queryListSchema(ALERT_STATUSES)
      .optional()
      .describe('One or more, such as `ACTIVE,ACKNOWLEDGED` for open ones'),
    severity: queryListSchema(SEVERITIES).optional().describe('One or more, such as `HIGH,CRITICAL`'),
    kind: queryListSchema(ALERT_KINDS).optional().describe('One or more, such as `rule` or `device_offline`'),
    municipalityId: uuidSchema.optional(),
    sensorId: uuidSchema.optional(),
    deviceId: deviceIdSchema.optional(),
    ruleId: uuidSchema.optional(),
    from: instantSchema.optional().describe('Opened at or after'),
    to: instantSchema.optional().describe('Opened before'),
  })
  .refine(isOrdered, NOT_ORDERED);
export type ListAlerts = z.infer<typeof listAlertsSchema>;

/** Body of `POST /alerts/{id}/acknowledge` and `/resolve`; may be left out. */
export const alertActionSchema = z
  .strictObject({
    comment: z
      .string()
      .trim()
      .max(MAX_COMMENT)
      // Line breaks and tabs are text; other control characters and halves of characters cannot be stored.
      .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n\r\t]/u.test(text), 'must not hold control characters')
      .optional(),
  })
  .optional()
  .meta({ example: { comment: 'Crew is on its way to the weir.' } });
export type AlertAction = z.infer<typeof alertActionSchema>;

/** An alert in an answer. */
export const alertSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string(),
    kind: z.enum(ALERT_KINDS).describe('`rule`: a reading broke a rule; every other kind is about the device itself'),
    ruleId: z
      .string()
      .nullable()
      .describe('null, as everything of a sensor and its values, for an alert about a device'),
    deviceId: z.string(),
    sensorId: z.string().nullable(),
    title: z.string().describe('Name of the rule when the alert opened, or what is wrong with the device'),
    metric: z.string().nullable(),
    severity: z.enum(SEVERITIES),
    status: z.enum(ALERT_STATUSES),
    occurrences: z.int().describe('Stored readings in breach; 0: readings that came late left nothing of the breach'),
    openedAt: instantOutSchema.describe('Event time of the reading that opened it, or when the device was found so'),
    openingValue: z.number().nullable(),
    lastOccurredAt: instantOutSchema.describe('Event time of the newest reading in breach'),
    lastValue: z.number().nullable(),
    acknowledgedAt: instantOutSchema.nullable(),
    acknowledgedBy: z.string().nullable(),
    resolvedAt: instantOutSchema.nullable(),
    resolvedBy: z.string().nullable().describe('null: it cleared by itself'),
  })
  .meta({ id: 'Alert' });

/** What a person did with an alert. */
export const alertNoteSchema = z.object({
  id: z.string(),
  change: z.enum(['acknowledged', 'resolved']),
  userId: z.string(),
  comment: z.string().nullable(),
  createdAt: instantOutSchema,
});
export type AlertNoteResponse = z.infer<typeof alertNoteSchema>;

/** One alert with what people did with it, oldest first. */
export const alertDetailSchema = alertSchema.extend({ notes: z.array(alertNoteSchema) }).meta({ id: 'AlertDetail' });
export type AlertDetailResponse = z.infer<typeof alertDetailSchema>;
