import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes of every secret that the platform draws for a device. */
const SECRET_BYTES = 32;
/** Names the way of hashing in the stored text, so that another one can be added beside it. */
const SCHEME = 'sha256$';

/** What an unknown credential is compared with, so that it costs what a known one costs. */
export const NO_SECRET_HASH = hashSecret('');

/** A new secret of 256 random bits, as 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * Hash of a drawn secret, as it is stored. A fast hash is enough here, and only here: there are 2^256 secrets to try
 * (docs/decisions/0004-device-secrets.md).
 */
export function hashSecret(secret: string): string {
  return SCHEME + createHash('sha256').update(secret, 'utf8').digest('base64url');
}

/** Whether the stored text is a hash of {@link hashSecret}. */
export function isFastHash(storedHash: string): boolean {
  return storedHash.startsWith(SCHEME);
}

/** Whether a secret has the stored hash; takes the same time wherever the two differ. */
export function matchesHash(secret: string, storedHash: string): boolean {
  const given = Buffer.from(hashSecret(secret));
  const stored = Buffer.from(storedHash);
  return given.length === stored.length && timingSafeEqual(given, stored);
}
