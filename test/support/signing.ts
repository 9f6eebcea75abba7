import { createHmac } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { newId } from '../../src/common/ids.js';

/** An HMAC credential as a device is handed it. */
export interface Hmac {
  readonly keyId: string;
  readonly secret: string;
}

/** What a device says about a body that it signed. */
export interface Signature {
  readonly keyId?: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
}

/** As a device does it, by the contract alone. `at` in epoch milliseconds. */
export function sign(secret: string, body: string, at = Date.now(), nonce = newId()): Signature {
  const timestamp = String(at);
  const signature = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n${body}`).digest('hex');
  return { timestamp, nonce, signature };
}

/** A signature as HTTP headers, or as MQTT 5 user properties. */
export function signedHeaders({ keyId, timestamp, nonce, signature }: Signature): Record<string, string> {
  const named = { 'x-timestamp': timestamp, 'x-nonce': nonce, 'x-signature': signature };
  return keyId === undefined ? named : { ...named, 'x-key-id': keyId };
}

/** Publishes a body by MQTT 5, its signature beside it. */
export async function publishSigned(client: MqttClient, topic: string, body: string, signature?: Signature) {
  const properties = signature && { userProperties: signedHeaders(signature) };
  await client.publishAsync(topic, body, { qos: 1, ...(properties && { properties }) });
}

/** Publishes a body by MQTT 3.1.1, wrapped together with its signature. */
export async function publishWrapped(client: MqttClient, topic: string, body: string, signature: Signature) {
  const payload = Buffer.from(body).toString('base64');
  const wrapped = { payload, ...signature, timestamp: Number(signature.timestamp) };
  await client.publishAsync(topic, JSON.stringify(wrapped), { qos: 1 });
}
