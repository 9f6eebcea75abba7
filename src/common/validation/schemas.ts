import { z } from 'zod';

/** Id of a record: a UUID of any version, lower case. */
export const uuidSchema = z.guid().toLowerCase().describe('Id of a record');

/** Public code of a device, as it stands in its topics. */
export const deviceIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{3,64}$/, 'must be 3–64 letters, digits, "_" or "-"')
  .describe('Public code of the device');

/** Code of a sensor or sensor type, as devices write it: snake_case. */
export const metricCodeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case, at most 64 letters')
  .describe('Metric code');

/** What names a record of a catalogue: its id, or its code (snake_case, so that neither can be taken for the other). */
export const idOrCodeSchema = z
  .union([uuidSchema, metricCodeSchema], { error: 'must be an id or a code in snake_case' })
  .describe('Id or code');

/** The condition for the record that {@link idOrCodeSchema} names. */
export function byIdOrCode(key: string): { readonly id: string } | { readonly code: string } {
  return key.includes('-') ? { id: key } : { code: key };
}

/** RFC 3339 instant with an offset, truncated to milliseconds; parses to a Date. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 instant with an offset, such as 2026-03-01T12:00:00Z' })
  .transform((text) => new Date(text))
  .refine((instant) => !Number.isNaN(instant.getTime()), 'is not a date of the calendar');

/** An instant in an answer: RFC 3339 UTC with milliseconds. */
export const instantOutSchema = z.iso.datetime({ precision: 3 });

/** Degrees north, WGS 84. */
export const latitudeSchema = z.number().min(-90).max(90).describe('Degrees north, WGS 84');

/** Degrees east, WGS 84. */
export const longitudeSchema = z.number().min(-180).max(180).describe('Degrees east, WGS 84');
