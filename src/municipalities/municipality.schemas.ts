import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema } from '../common/validation/schemas.js';

const STATUSES = ['active', 'suspended'] as const;

const codeSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/, 'must be 3–64 lower-case letters, digits or "-"')
  .describe('Short name, unique in the country; cannot be changed later');

const nameSchema = z.string().trim().min(1).max(200);

const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is not an IANA time zone such as Europe/Vienna')
  .describe('IANA time zone in which days and months are counted');

/** Body of `POST /municipalities`. */
export const createMunicipalitySchema = z
  .strictObject({ code: codeSchema, name: nameSchema, timeZone: timeZoneSchema.default('UTC') })
  .meta({ example: { code: 'sollen', name: 'Sollen', timeZone: 'Europe/Vienna' } });
export type CreateMunicipality = z.input<typeof createMunicipalitySchema>;

/** Body of `PATCH /municipalities/{id}`. */
export const patchMunicipalitySchema = z
  .strictObject({
    name: nameSchema.optional(),
    timeZone: timeZoneSchema.optional(),
    status: z.enum(STATUSES).optional().describe('`suspended` stops its people and devices at every door within 1 s'),
  })
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'changes nothing')
  .meta({ example: { name: 'Sollen on the Arn' } });
export type PatchMunicipality = z.infer<typeof patchMunicipalitySchema>;

/** Query of `GET /municipalities`. */
export const listMunicipalitiesSchema = pageQuerySchema.extend({ status: z.enum(STATUSES).optional() });
export type ListMunicipalities = z.infer<typeof listMunicipalitiesSchema>;

/** A municipality in an answer. */
export const municipalitySchema = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    timeZone: z.string(),
    status: z.enum(STATUSES),
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'Municipality' });
export type MunicipalityResponse = z.infer<typeof municipalitySchema>;

/** A real answer, for the API documentation. */
export const MUNICIPALITY_EXAMPLE: MunicipalityResponse = {
  id: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  code: 'sollen',
  name: 'Sollen',
  timeZone: 'Europe/Vienna',
  status: 'active',
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

/** Offsets such as `+01:00` are no time zones: they know no summer time. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
