import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

/** A signature as it came, whichever way; texts as sent, nothing checked. */
export interface SignatureClaim {
  readonly keyId?: string;
  /** Epoch milliseconds, as the device wrote them. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Hexadecimal. */
  readonly signature: string;
  /** The bytes that were signed. */
  readonly body: Buffer;
}

/** A key that a device signs with. */
export interface HmacKey {
  /** Row in `device_credentials`. */
  readonly id: string;
  readonly keyId: string;
  readonly key: KeyObject;
  /** Epoch milliseconds; null: no end. */
  readonly expiresAt: number | null;
  /** Last use as stored, epoch milliseconds. */
  readonly lastUsedAt: number | null;
}

/** How far the time of a signature may be from its arrival, milliseconds. */
export interface AgeLimits {
  readonly pastMs: number;
  readonly futureMs: number;
}

/** HTTP: a request is under way for seconds, so more is a wrong clock or a repetition. */
export const HTTP_AGE_LIMITS: AgeLimits = { pastMs: 300_000, futureMs: 300_000 };
/** MQTT: what a clock may be ahead; how late a message may come is a setting, since a broker may hold it for days. */
export const MQTT_FUTURE_MS = 15 * 60_000;

/** A signature that is right, or why it is not taken. */
export type SignatureVerdict =
  | { readonly right: true; readonly key: HmacKey; readonly skewMs: number }
  | {
      readonly right: false;
      readonly code: 'SIGNATURE_INVALID' | 'SIGNATURE_EXPIRED';
      readonly reason: string;
      /** Time of the signature against its arrival, where the signature itself is right. */
      readonly skewMs?: number;
    };

const TIMESTAMP = /^\d{1,15}$/;
const NONCE = /^[\x21-\x7e]{8,128}$/;
const SIGNATURE = /^[0-9a-f]{64}$/i;

/**
 * A wrong signature costs this many HMACs at least, so that its time does not tell whether a device is there, signs, or is
 * changing over to another key.
 */
const MIN_TRIED = 2;
/** What is tried in place of keys that a device does not have. */
const NO_KEY = createSecretKey(randomBytes(32));

/** HMAC-SHA256 over `timestamp + "\n" + nonce + "\n" + body`. */
export function macOf(key: KeyObject, timestamp: string, nonce: string, body: Buffer): Buffer {
  return createHmac('sha256', key).update(`${timestamp}\n${nonce}\n`).update(body).digest();
}

/** SHA-256 of signed bytes, by which a message is known again. */
export function digestOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}

/**
 * Judges a signature: first whether it is right, then whether it is of this time, so that the time of a stranger's
 * signature says nothing.
 * @param keys of the device; those that ended are left out here, and others than the named one where one is named
 * @param arrivedAt epoch milliseconds
 */
export function judgeSignature(
  claim: SignatureClaim,
  keys: readonly HmacKey[],
  limits: AgeLimits,
  arrivedAt: number,
): SignatureVerdict {
  const form = flawOf(claim);
  if (form !== undefined) return { right: false, code: 'SIGNATURE_INVALID', reason: form };
  const given = Buffer.from(claim.signature, 'hex');
  const live = keys.filter(
    ({ keyId, expiresAt }) =>
      (claim.keyId === undefined || keyId === claim.keyId) && (expiresAt === null || expiresAt > arrivedAt),
  );
  const key = live.find((one) => timingSafeEqual(macOf(one.key, claim.timestamp, claim.nonce, claim.body), given));
  if (key === undefined) {
    const minimum = claim.keyId === undefined ? MIN_TRIED : 1;
    for (let tried = live.length; tried < minimum; tried++) macOf(NO_KEY, claim.timestamp, claim.nonce, claim.body);
    return { right: false, code: 'SIGNATURE_INVALID', reason: 'no live key of the device gives this signature' };
  }
  const skewMs = Number(claim.timestamp) - arrivedAt;
  if (skewMs < -limits.pastMs) return expired(`${seconds(-skewMs)} ago, at most ${seconds(limits.pastMs)}`, skewMs);
  if (skewMs > limits.futureMs) return expired(`${seconds(skewMs)} ahead, at most ${seconds(limits.futureMs)}`, skewMs);
  return { right: true, key, skewMs };
}

/** What is wrong with the form of a signature. */
function flawOf({ timestamp, nonce, signature }: SignatureClaim): string | undefined {
  if (!TIMESTAMP.test(timestamp)) return 'the timestamp of the signature must be epoch milliseconds';
  if (!NONCE.test(nonce)) return 'the nonce must be 8 to 128 visible ASCII characters';
  if (!SIGNATURE.test(signature)) return 'the signature must be 64 hexadecimal digits';
  return undefined;
}

function expired(when: string, skewMs: number): SignatureVerdict {
  return { right: false, code: 'SIGNATURE_EXPIRED', reason: `signed ${when} are taken; is the clock right?`, skewMs };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
