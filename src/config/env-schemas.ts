import { z } from 'zod';

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A whole number between two bounds. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

/** A switch: true/false, on/off, yes/no, 1/0. */
export const flag = z
  .string()
  .toLowerCase()
  .regex(/^(true|false|on|off|yes|no|1|0)$/, 'must be true or false')
  .transform((text) => ['true', 'on', 'yes', '1'].includes(text));

/** A length of time in seconds: `900`, `900s`, `15m`, `12h`, `30d`. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,8}[smhd]?$/, 'must be a length of time such as 900, 15m, 12h or 30d')
  .transform((text) => Number.parseInt(text, 10) * (SECONDS_PER_UNIT[text.at(-1) ?? ''] ?? 1));

/** Words separated by commas, without empty ones. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

/** A URL with one of the given schemes (without the colon). The message does not repeat it: it may hold a password. */
export const urlWith = (...schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)),
      `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    );
