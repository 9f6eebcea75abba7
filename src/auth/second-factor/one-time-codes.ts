import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** What authenticator apps understand without being told: SHA-1, six digits, half a minute (RFC 6238). */
const PERIOD_SECONDS = 30;
const DIGITS = 6;
const SECRET_BYTES = 20;
/** Codes of the step before and after are taken too: clocks of phones are not exact. */
const WINDOW_STEPS = 1;
const ISSUER = 'HydroAlert';

export const RECOVERY_CODES = 10;
/** 80 bits in letters of five; written as four groups of four. */
const RECOVERY_LETTERS = 16;
const RECOVERY_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A new key for one-time codes, base32. */
export function newSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** What an authenticator app scans (`otpauth://…`). @param label the e-mail address */
export function keyUri(secret: string, label: string): string {
  return totpOf(secret, label).toString();
}

/** Whether it looks like a code of an app; anything else can only be a recovery code. */
export function isOneTimeCode(code: string): boolean {
  return /^\d{6}$/.test(code);
}

/** The step of time whose code this is, at most one beside the present one; null for a wrong code. */
export function stepOf(secret: string, code: string, nowMs: number): number | null {
  if (!isOneTimeCode(code)) return null;
  const delta = totpOf(secret).validate({ token: code, timestamp: nowMs, window: WINDOW_STEPS });
  return delta === null ? null : Math.floor(nowMs / 1000 / PERIOD_SECONDS) + delta;
}

/** New codes for the day when the phone is lost. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    // 256 is a multiple of the alphabet's 32 letters, so that every one is equally likely.
    const letters = [...randomBytes(RECOVERY_LETTERS)].map((byte) => RECOVERY_ALPHABET[byte & 31]!);
    return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
  });
}

/** What is stored of a recovery code: a hash with the person's id in it. Letters' case, spaces and hyphens do not matter. */
export function hashOfRecoveryCode(userId: string, code: string): string {
  const plain = code.toLowerCase().replace(/[^a-z0-9]/g, '');
  return createHash('sha256').update(`${userId}\n${plain}`).digest('hex');
}

function totpOf(secret: string, label = ''): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_SECONDS,
    secret: Secret.fromBase32(secret),
  });
}
