import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const TOKEN_BYTES = 32;

/** A secret that we hand out once and know by its hash only: 256 random bits, so that a plain hash keeps it. */
export function newOpaqueToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** SHA-256 in hex. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What a client shows as such a token; anything that could not be one is refused like a wrong one. */
export const opaqueTokenSchema = z.string().min(1).max(256);
