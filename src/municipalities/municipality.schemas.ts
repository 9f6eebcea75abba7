import { z } from 'zod';
import { outboundUrlSchema } from '../common/http/outbound-http.js';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';

const STATUSES = ['active', 'suspended'] as const;
const KINDS = ['municipality', 'region'] as const;

const codeSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/, 'must be 3–64 lower-case letters, digits or "-"')
  .describe('Short name, unique in the country; cannot be changed later');

const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is not an IANA time zone such as Europe/Vienna')
  .describe('IANA time zone in which days and months are counted');

const languageSchema = z
  .string()
  .max(16)
  .refine(isLanguage, 'is not a language tag such as de or pt-BR')
  .describe('BCP 47 tag of the language of the municipality, for pages and clients; e-mails are in English');

const retentionDaysSchema = z
  .int()
  .min(1)
  .max(36_500)
  .nullable()
  .describe('Days that readings are to be kept; null: for ever. It is a setting for the retention of readings');

const contactSchema = z
  .strictObject({
    name: nameSchema.optional(),
    email: z.email().max(254).optional(),
    phone: z
      .string()
      .trim()
      .regex(/^[+0-9 ()/.-]{3,40}$/, 'must be a telephone number')
      .optional(),
  })
  .nullable()
  .describe('Whom to ask about the municipality');

const witnessUrlSchema = outboundUrlSchema
  .nullable()
  .describe(
    'Gets the signed anchors of the audit log each day by POST, to be kept out of the reach of this installation',
  );

const parentIdSchema = uuidSchema.nullable().describe('The region that it lies in; a region lies in none');

/** What a municipality may set for itself. */
const settings = {
  timeZone: timeZoneSchema,
  language: languageSchema,
  retentionDays: retentionDaysSchema,
  contact: contactSchema,
  witnessUrl: witnessUrlSchema,
};

const optionalSettings = z.strictObject(settings).partial().shape;

/** Body of `POST /municipalities`. */
export const createMunicipalitySchema = z
  .strictObject({
    code: codeSchema,
    name: nameSchema,
    kind: z.enum(KINDS).default('municipality'),
    parentId: parentIdSchema.default(null),
    ...optionalSettings,
  })
  .meta({ example: { code: 'sollen', name: 'Sollen', timeZone: 'Europe/Vienna', language: 'de' } });
export type CreateMunicipality = z.input<typeof createMunicipalitySchema>;

/** Body of `PATCH /municipalities/{id}`. */
export const patchMunicipalitySchema = z
  .strictObject({
    name: nameSchema.optional(),
    parentId: parentIdSchema.optional(),
    status: z.enum(STATUSES).optional().describe('`suspended` stops its people and devices at every door within 1 s'),
    ...optionalSettings,
    version: versionSchema,
  })
  .refine(changesSomething, 'changes nothing')
  .meta({ example: { name: 'Sollen on the Arn', version: 1 } });
export type PatchMunicipality = z.infer<typeof patchMunicipalitySchema>;

/** Body of `PATCH /municipalities/{id}/settings`. */
export const patchSettingsSchema = z
  .strictObject({ ...optionalSettings, version: versionSchema })
  .refine(changesSomething, 'changes nothing')
  .meta({ example: { language: 'de', contact: { name: 'Water works', email: 'water@sollen.example' } } });
export type PatchSettings = z.infer<typeof patchSettingsSchema>;

/** Query of `GET /municipalities`. */
export const listMunicipalitiesSchema = pageQuerySchema.extend({
  status: z.enum(STATUSES).optional(),
  kind: z.enum(KINDS).optional(),
  parentId: uuidSchema.optional().describe('Municipalities of this region'),
  search: searchSchema.optional(),
});
export type ListMunicipalities = z.infer<typeof listMunicipalitiesSchema>;

/** A municipality in an answer. */
export const municipalitySchema = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    kind: z.enum(KINDS),
    parentId: z.string().nullable(),
    timeZone: z.string(),
    language: z.string(),
    retentionDays: z.int().nullable(),
    contact: z
      .object({ name: z.string().optional(), email: z.string().optional(), phone: z.string().optional() })
      .nullable(),
    witnessUrl: z.string().nullable(),
    status: z.enum(STATUSES),
    version: versionOutSchema,
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
  kind: 'municipality',
  parentId: null,
  timeZone: 'Europe/Vienna',
  language: 'de',
  retentionDays: null,
  contact: { name: 'Water works', email: 'water@sollen.example' },
  witnessUrl: null,
  status: 'active',
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

function changesSomething({ version: _, ...patch }: Readonly<Record<string, unknown>>): boolean {
  return Object.values(patch).some((value) => value !== undefined);
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

/** Offsets such as `+01:00` are no time zones: they know no summer time. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
