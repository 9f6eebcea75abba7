import type { InboundMessage, MessageRejection } from './inbound-message.js';

/** What is kept of a payload that is too large: enough to recognise it. */
const KEPT_BYTES = 2048;

/** The payload, or a copy of its beginning when it is too large, so that the rest of the memory is free again. */
export function cutOversized(payload: Buffer, maxBytes: number): Buffer {
  return payload.length > maxBytes ? Buffer.from(payload.subarray(0, KEPT_BYTES)) : payload;
}

/** The transport's own verdict on a message; undefined for one of an acceptable size. */
export function oversizeRejection(message: InboundMessage, maxBytes: number): MessageRejection | undefined {
  if (message.size <= maxBytes) return undefined;
  const limit = maxBytes === 1024 * 1024 ? '1 MiB' : `${maxBytes} bytes`;
  return { code: 'MALFORMED_PAYLOAD', reason: `payload of ${message.size} bytes exceeds ${limit}` };
}
