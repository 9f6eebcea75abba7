import { z } from 'zod';
import { issuedCredentialsSchema } from '../credentials/credential.schemas.js';

/** Devices in one file. */
export const MAX_IMPORT_ROWS = 2_000;

const switchSchema = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true');

/** Query of `POST /devices/import`. */
export const importQuerySchema = z.strictObject({
  atomic: switchSchema.describe('All devices of the file, or none'),
  dryRun: switchSchema.describe('Only check every line; store nothing'),
});
export type ImportQuery = z.infer<typeof importQuerySchema>;

/** What became of one line. */
export const IMPORT_STATUSES = ['created', 'exists', 'error', 'valid', 'not_stored'] as const;

/** One line of the file in the answer. */
export const importRowSchema = z.object({
  line: z.int().describe('Of the file, counted from 1'),
  deviceId: z.string().nullable().describe('As it stands in the line'),
  status: z
    .enum(IMPORT_STATUSES)
    .describe('`valid`: would be created (dry run); `not_stored`: fine, but another line kept the whole file out'),
  code: z.string().optional().describe('Stable word for what is wrong'),
  message: z.string().optional(),
  retryable: z
    .literal(true)
    .optional()
    .describe(
      'The server was busy, or the database away: nothing is wrong with the line. Send it again. The device may exist ' +
        'nevertheless, when the connection was lost while it was stored',
    ),
  errors: z
    .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
    .optional()
    .describe('Everything that is wrong with the line, by column'),
  municipalityId: z.string().optional().describe('Where the device was registered'),
  credentials: issuedCredentialsSchema.optional(),
});
export type ImportRow = z.infer<typeof importRowSchema>;
export type ImportStatus = ImportRow['status'];

/** Answer of `POST /devices/import`. */
export const importResultSchema = z.object({
  dryRun: z.boolean(),
  atomic: z.boolean(),
  counts: z.object({
    rows: z.int(),
    created: z.int(),
    exists: z.int(),
    error: z.int(),
    valid: z.int(),
    not_stored: z.int(),
  }),
  rows: z.array(importRowSchema),
});
export type ImportResult = z.infer<typeof importResultSchema>;
