import { z } from 'zod';
import type { MessageRejection } from '../../mqtt/inbound-message.js';
import type { AnswerStatus } from './command-life.js';
import { isStorable, type JsonValue } from './command.schemas.js';

const ERROR_LENGTH = 500;
const MAX_REASON_ISSUES = 3;

/** What a device says on `system/{deviceId}/response`; fields that are not ours are its own. */
const answerSchema = z.object({
  commandId: z.guid().toLowerCase(),
  status: z.enum(['ok', 'error', 'rejected']),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});

/** An answer of a device, with what can be kept of it. */
export interface CommandAnswer {
  readonly commandId: string;
  readonly status: AnswerStatus;
  readonly result: JsonValue;
  /** The result was too large, or holds text that cannot be stored. */
  readonly resultOmitted: boolean;
  readonly error: string | null;
}

/** The answer in a payload, or why there is none. */
export function readAnswer(
  payload: Buffer,
): { answer: CommandAnswer; rejection?: undefined } | { answer?: undefined; rejection: MessageRejection } {
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return { rejection: { code: 'MALFORMED_PAYLOAD', reason: 'the payload is not JSON' } };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { rejection: { code: 'MALFORMED_PAYLOAD', reason: 'the payload is not a JSON object' } };
  }
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, MAX_REASON_ISSUES);
    const reason = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return { rejection: { code: 'INVALID_VALUE', reason } };
  }
  const { commandId, status, error } = parsed.data;
  const result = (parsed.data.result ?? null) as JsonValue;
  const resultOmitted = !isStorable(JSON.stringify(result));
  const kept = { result: resultOmitted ? null : result, resultOmitted, error: textOf(error) };
  return { answer: { commandId, status, ...kept } };
}

/** Text for people: cut rather than refused, since that the device answered counts more. */
function textOf(error: unknown): string | null {
  if (error === undefined || error === null) return null;
  const text = typeof error === 'string' ? error : JSON.stringify(error);
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, ERROR_LENGTH)
    .toWellFormed()
    .trim();
}
