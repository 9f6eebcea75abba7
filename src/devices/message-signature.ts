import type { InboundMessage } from '../mqtt/inbound-message.js';

/**
 * Whether a message comes with a signature: as MQTT 5 user properties, or wrapped as
 * `{"payload", "timestamp", "nonce", "signature"}`. Says nothing about whether it is right.
 */
export function carriesSignature(message: InboundMessage): boolean {
  if (message.properties?.['x-signature'] !== undefined) return true;
  // The wrapper is short to tell: no other message holds this word as a key.
  if (!message.payload.includes('"signature"')) return false;
  try {
    const json: unknown = JSON.parse(message.payload.toString('utf8'));
    return typeof json === 'object' && json !== null && 'signature' in json && 'payload' in json;
  } catch {
    return false;
  }
}
