import { z } from 'zod';

const NAME_LENGTH = 200;
const METADATA_LENGTH = 16_384;

/** NUL and half a surrogate pair are valid JSON strings that a database cannot store. */
const storable = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** A name for people: one line, 1–200 characters. */
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(NAME_LENGTH)
  .refine(storable, 'must not hold control characters')
  .describe('Name for people');

/** Words to look for in names and codes. */
export const searchSchema = z
  .string()
  .trim()
  .min(1)
  .max(NAME_LENGTH)
  .refine(storable, 'must not hold control characters')
  .describe('Part of the name or code; upper and lower case are the same');

/** Whatever an administrator wants to keep beside a device; up to 16 KiB of JSON. */
export const metadataSchema = z
  .record(z.string().max(NAME_LENGTH), z.json())
  .refine((metadata) => JSON.stringify(metadata).length <= METADATA_LENGTH, 'must not be larger than 16 KiB')
  .refine((metadata) => !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(metadata)), 'holds text that cannot be stored')
  .describe('Free fields of the administrator');

/** A `like` pattern that finds the text anywhere; what the text holds of wildcards stands for itself. */
export function containsPattern(text: string): string {
  return `%${text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
}
