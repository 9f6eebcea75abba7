import { z } from 'zod';
import type { MessageRejection } from '../../mqtt/inbound-message.js';

const FIRMWARE_LENGTH = 100;
const MESSAGE_LENGTH = 500;
const MAX_REASON_ISSUES = 3;

/** Many small devices write every number as text. */
const numeric = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.number(),
);

/** Text of a device for people: cut rather than refused, since the rest of the message counts more. */
const shortText = (length: number) =>
  z.string().transform((text) =>
    text
      .replaceAll(/\p{Cc}+/gu, ' ')
      .slice(0, length)
      .toWellFormed()
      .trim(),
  );

/** What a device says on `sensors/{deviceId}/status` and `/heartbeat`; null counts as absent. */
export const presenceMessageSchema = z
  .object({
    status: z.enum(['online', 'offline', 'maintenance', 'fault']).nullish(),
    battery_level: numeric.nullish().describe('Percent'),
    signal_strength: numeric.nullish().describe('dBm'),
    firmware: shortText(FIRMWARE_LENGTH).nullish(),
    message: shortText(MESSAGE_LENGTH).nullish(),
  })
  .meta({ example: { status: 'online', battery_level: 87.5, signal_strength: -71, firmware: '2.4.1' } });
export type PresenceMessage = z.infer<typeof presenceMessageSchema>;

/** The message in a payload, or why there is none. An empty payload is an empty message. */
export function readPresenceMessage(
  payload: Buffer,
): { message: PresenceMessage; rejection?: undefined } | { message?: undefined; rejection: MessageRejection } {
  if (payload.length === 0) return { message: {} };
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return { rejection: { code: 'MALFORMED_PAYLOAD', reason: 'the payload is not JSON' } };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { rejection: { code: 'MALFORMED_PAYLOAD', reason: 'the payload is not a JSON object' } };
  }
  const parsed = presenceMessageSchema.safeParse(json);
  if (parsed.success) return { message: parsed.data };
  const issues = parsed.error.issues.slice(0, MAX_REASON_ISSUES);
  const reason = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  return { rejection: { code: 'INVALID_VALUE', reason } };
}
