import { z } from 'zod';
import { pageQuerySchema } from '../../../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../../../common/validation/schemas.js';
import { COMMAND_STATUSES } from '../command-life.js';

const statusSchema = z.enum(COMMAND_STATUSES);

/** Id of a group command in a path. */
export const batchIdSchema = uuidSchema.describe('Id of the call that sent a command to the group');

/** Query of `GET /device-groups/{id}/commands`. */
export const listBatchesSchema = pageQuerySchema;

/** A group command of a list. */
export const batchItemSchema = z.object({
  batchId: z.string(),
  groupId: z.string().nullable(),
  municipalityId: z.string(),
  name: z.string(),
  payload: z.unknown(),
  timeoutSeconds: z.int(),
  maxAttempts: z.int(),
  total: z.int().describe('Members that got a command'),
  skipped: z
    .array(z.object({ deviceId: z.string(), reason: z.enum(['DEVICE_INACTIVE']) }))
    .describe('Members that got none, and why'),
  counts: z.partialRecord(statusSchema, z.int()).describe('How many of the commands have each status'),
  requestedBy: z.string().nullable(),
  createdAt: instantOutSchema,
});
export type BatchItem = z.infer<typeof batchItemSchema>;

/** A group command with what became of it on each device. */
export const batchSchema = batchItemSchema.extend({
  commands: z.array(
    z.object({
      deviceId: z.string(),
      commandId: z.string(),
      status: statusSchema,
      late: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
});
export type BatchResponse = z.infer<typeof batchSchema>;

export const BATCH_ITEM_EXAMPLE: BatchItem = {
  batchId: '0199c5f4-5b1e-7a90-8f3d-1c2b3a4d5e6f',
  groupId: '0199c5f3-02aa-7d14-b0c2-93d5a1e64f20',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  name: 'open_valve',
  payload: { percent: 50 },
  timeoutSeconds: 120,
  maxAttempts: 1,
  total: 1,
  skipped: [{ deviceId: 'river-gauge-018', reason: 'DEVICE_INACTIVE' }],
  counts: { queued: 1 },
  requestedBy: '0199c1a5-11d0-7a3e-9a55-6b1f0c2d4e88',
  createdAt: '2026-03-01T12:00:00.000Z',
};

export const BATCH_EXAMPLE: BatchResponse = {
  ...BATCH_ITEM_EXAMPLE,
  commands: [
    {
      deviceId: 'river-gauge-017',
      commandId: '0199c5f4-5b20-7b31-9c11-2d4c6a8e0b57',
      status: 'queued',
      late: false,
      error: null,
    },
  ],
};
