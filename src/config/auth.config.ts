import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { duration, list } from './env-schemas.js';

/** Keys and life times of sign-in. */
export interface AuthConfig {
  /** Signs access tokens, and checks them. */
  readonly jwtSecret: string;
  /** Secrets that signed before; they only check. */
  readonly jwtPreviousSecrets: readonly string[];
  readonly accessTtlSeconds: number;
  /** A session that is not used for this long ends. */
  readonly refreshTtlSeconds: number;
  /** A session ends after this time, however much it is used. */
  readonly sessionTtlSeconds: number;
  /** 32 bytes (AES-256) for secrets that have to be readable again, such as HMAC keys of devices. */
  readonly encryptionKey: Buffer;
}

const MIN_JWT_SECRET_LENGTH = 32;
const ENCRYPTION_KEY_BYTES = 32;
/** Fewer different letters than this in 32 or more is a pattern, not a random value. */
const MIN_DISTINCT_LETTERS = 8;
const PLACEHOLDER =
  /change[-_ ]?(me|this|it)|replace[-_ ]?(me|this|with)|your[-_ ]|example|placeholder|default|insecure|secret[-_ ]?key|(super|my|jwt|top)[-_ ]?secret|password|development|0123456789|abcdefgh/i;

/** Only without `NODE_ENV=production`: one fixed key, so that a developer's database stays readable. */
const DEVELOPMENT_ENCRYPTION_KEY = Buffer.alloc(ENCRYPTION_KEY_BYTES, 'development');

export function readAuthConfig(reader: EnvReader): AuthConfig {
  return {
    jwtSecret: readJwtSecret(reader),
    jwtPreviousSecrets: readPreviousSecrets(reader),
    accessTtlSeconds: reader.read('JWT_ACCESS_TTL', duration.prefault('15m')),
    refreshTtlSeconds: reader.read('JWT_REFRESH_TTL', duration.prefault('30d')),
    sessionTtlSeconds: reader.read('SESSION_MAX_TTL', duration.prefault('90d')),
    encryptionKey: readEncryptionKey(reader),
  };
}

/** A secret that was good enough to sign with: the same rules, so that no weak one comes in by this way. */
function readPreviousSecrets(reader: EnvReader): readonly string[] {
  const secrets = reader.read('JWT_PREVIOUS_SECRETS', list.prefault(''));
  const weak = secrets.some(
    (secret) => secret.length < MIN_JWT_SECRET_LENGTH || (reader.production && looksLikeDefault(secret)),
  );
  if (weak) reader.problem('JWT_PREVIOUS_SECRETS', 'holds one that is too short, or looks like a default value');
  return secrets;
}

/** In development an absent secret is drawn anew at every start: sign-ins end with the process. */
function readJwtSecret(reader: EnvReader): string {
  const strong = z
    .string()
    .min(
      MIN_JWT_SECRET_LENGTH,
      `must have at least ${MIN_JWT_SECRET_LENGTH} characters; make one with: openssl rand -base64 48`,
    )
    .refine(
      (text) => !reader.production || !looksLikeDefault(text),
      'looks like a default value; make one with: openssl rand -base64 48',
    );
  if (reader.raw('JWT_SECRET') === undefined) {
    if (reader.production) reader.problem('JWT_SECRET', 'is missing; make one with: openssl rand -base64 48');
    return randomBytes(48).toString('base64');
  }
  return reader.read('JWT_SECRET', strong);
}

function readEncryptionKey(reader: EnvReader): Buffer {
  const hint = 'make one with: openssl rand -base64 32';
  const text = reader.raw('ENCRYPTION_KEY');
  if (text === undefined) {
    if (reader.production) reader.problem('ENCRYPTION_KEY', `is missing; ${hint}`);
    return DEVELOPMENT_ENCRYPTION_KEY;
  }
  const key = decodeKey(text);
  if (key === undefined) {
    reader.problem('ENCRYPTION_KEY', `must be ${ENCRYPTION_KEY_BYTES} bytes in base64 or hex; ${hint}`);
    return DEVELOPMENT_ENCRYPTION_KEY;
  }
  if (reader.production && (looksLikeDefault(key.toString('latin1')) || looksLikeDefault(text))) {
    reader.problem('ENCRYPTION_KEY', `looks like a default value; ${hint}`);
  }
  return key;
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{42,43}=?=?$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length === ENCRYPTION_KEY_BYTES ? key : undefined;
}

function looksLikeDefault(text: string): boolean {
  return PLACEHOLDER.test(text) || new Set(text).size < MIN_DISTINCT_LETTERS;
}
