import type { InboundMessage, UserProperties } from '../../mqtt/inbound-message.js';
import type { SignatureClaim } from './signature.js';

/** The word that every wrapped message holds; a Buffer, so that looking for it converts nothing. */
const SIGNATURE_KEY = Buffer.from('"signature"');

/**
 * `{"payload":"","nonce":"12345678","timestamp":0,"signature":"…"}` with 64 digits: no wrapped message is shorter. Most
 * readings are, and cost nothing more than this look.
 */
const SHORTEST_WRAPPED = 126;

/** What is said in place of a signature that cannot be read: it is there, and it is not right. */
const UNREADABLE = { timestamp: '', nonce: '', signature: '' } as const;

/**
 * The signature that a message comes with: as MQTT 5 user properties, or wrapped as
 * `{"payload", "keyId"?, "timestamp", "nonce", "signature"}`; undefined for one that is not signed. Nothing is checked.
 */
export function signatureClaimOf({ payload, properties }: InboundMessage): SignatureClaim | undefined {
  if (properties?.['x-signature'] !== undefined) return ofProperties(properties, payload);
  if (payload.length < SHORTEST_WRAPPED || !payload.includes(SIGNATURE_KEY)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  return typeof json === 'object' && json !== null && 'signature' in json && 'payload' in json
    ? ofWrapper(json, payload)
    : undefined;
}

function ofProperties(properties: UserProperties, body: Buffer): SignatureClaim {
  const keyId = properties['x-key-id'];
  return {
    keyId: keyId === undefined ? undefined : textOf(keyId),
    timestamp: textOf(properties['x-timestamp']),
    nonce: textOf(properties['x-nonce']),
    signature: textOf(properties['x-signature']),
    body,
  };
}

function ofWrapper(json: object, sent: Buffer): SignatureClaim {
  const { payload, keyId, timestamp, nonce, signature } = json as Record<string, unknown>;
  if (typeof payload !== 'string') return { ...UNREADABLE, body: sent };
  return {
    keyId: keyId === undefined || keyId === null ? undefined : textOf(keyId),
    // As a number it was signed as its digits.
    timestamp: Number.isSafeInteger(timestamp) ? String(timestamp) : textOf(timestamp),
    nonce: textOf(nonce),
    signature: textOf(signature),
    body: Buffer.from(payload, 'base64'),
  };
}

/** A property that was sent twice is an array, and no text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
