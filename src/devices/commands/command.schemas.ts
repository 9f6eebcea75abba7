import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { deviceIdSchema, instantOutSchema, uuidSchema } from '../../common/validation/schemas.js';
import { COMMAND_STATUSES } from './command-life.js';

const WEEK_SECONDS = 7 * 24 * 3600;
const DEFAULT_TIMEOUT_SECONDS = 60;
const MAX_ATTEMPTS = 5;
/** Of JSON text, for payloads and results. */
export const MAX_JSON_LENGTH = 16_384;

/** Any JSON. */
export type JsonValue = z.core.util.JSONType;

/** Whether the text of some JSON can be stored: databases take neither NUL nor half a surrogate pair. */
export function isStorable(json: string): boolean {
  return json.length <= MAX_JSON_LENGTH && !/\\u0000|\\ud[89a-f]/i.test(json);
}

const payloadSchema = z
  .json()
  .refine((payload) => isStorable(JSON.stringify(payload)), 'must be at most 16 KiB of JSON, of storable text')
  .describe('What the command needs, in the words of the device; any JSON up to 16 KiB');

const statusSchema = z.enum(COMMAND_STATUSES).describe('Where the command stands');

/** Body of `POST /devices/{deviceId}/commands`. */
export const sendCommandSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$/, 'must be 1–64 letters, digits or _ . : / -, a letter first')
      .describe('What the device is to do'),
    payload: payloadSchema.default({}),
    timeoutSeconds: z
      .int()
      .min(1)
      .max(WEEK_SECONDS)
      .default(DEFAULT_TIMEOUT_SECONDS)
      .describe('Seconds that the device has, from now; afterwards it must not carry out the command any more'),
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .default(1)
      .describe('Times that it may be sent while there is no answer, always under the same commandId'),
  })
  .meta({ example: { name: 'open_valve', payload: { valve: 3, percent: 50 }, timeoutSeconds: 120 } });
export type SendCommand = z.infer<typeof sendCommandSchema>;

/** Query of `GET /devices/{deviceId}/commands`. */
export const listCommandsSchema = pageQuerySchema.extend({ status: statusSchema.optional() });
export type ListCommands = z.infer<typeof listCommandsSchema>;

/** Id of a command in a path. */
export const commandIdSchema = uuidSchema.describe('Id of the command, as the device is told');

/** A command in an answer. */
export const commandSchema = z
  .object({
    commandId: z.string(),
    deviceId: deviceIdSchema,
    municipalityId: z.string(),
    batchId: z.string().nullable().describe('The call that sent it to a whole group'),
    name: z.string(),
    payload: z.unknown(),
    status: statusSchema,
    timeoutSeconds: z.int(),
    expiresAt: instantOutSchema,
    attempts: z.int().describe('Times that it was handed to the broker, or may have been'),
    maxAttempts: z.int(),
    sentAt: instantOutSchema.nullable().describe('When the broker took it first'),
    respondedAt: instantOutSchema.nullable().describe('When the answer of the device came'),
    finishedAt: instantOutSchema.nullable().describe('When nothing more was expected'),
    cancelledAt: instantOutSchema.nullable(),
    late: z.boolean().describe('The answer came after the time was over, or after somebody had cancelled the command'),
    result: z.unknown().describe('What the device answered beside its status; null: nothing'),
    resultOmitted: z
      .boolean()
      .describe('The result was not kept: larger than 16 KiB, or of text that cannot be stored'),
    error: z.string().nullable().describe('What the device says is wrong, or why it was not sent yet'),
    requestedBy: z.string().nullable().describe('The person who sent it'),
    cancelledBy: z.string().nullable(),
    createdAt: instantOutSchema,
  })
  .meta({ id: 'DeviceCommand' });
export type CommandResponse = z.infer<typeof commandSchema>;
