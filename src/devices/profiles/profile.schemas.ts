import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../common/versioning/version.js';
import { PROFILE_FORMATS, profileDefinitionSchema } from './profile-definition.js';
import { profileCodeSchema } from './profile-code.js';

const descriptionSchema = z
  .string()
  .trim()
  .max(500)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text), 'must not hold control characters')
  .describe('Which makes of devices it is for');

const DEFINITION_EXAMPLE = {
  format: 'json' as const,
  records: '$.samples[*]',
  timestamp: { path: '@.t', unit: 's' as const },
  values: [
    { path: '@.lvl', code: 'water_level_cm', factor: 100 },
    { path: '@.gate', code: 'valve_position_pct', map: { open: 100, closed: 0 } },
  ],
  battery: { path: '$.bat_mv', factor: 0.05, offset: -150 },
};

/** Body of `POST /device-profiles`. */
export const createProfileSchema = z
  .strictObject({
    code: profileCodeSchema.describe('Code of the profile; cannot be changed later'),
    name: nameSchema,
    description: descriptionSchema.optional(),
    municipalityId: uuidSchema
      .nullable()
      .optional()
      .describe('The own municipality unless given; null: for the whole country, by a super admin'),
    definition: profileDefinitionSchema,
  })
  .meta({
    example: {
      code: 'acme_level',
      name: 'ACME level gauge',
      description: 'Firmware 3 and later',
      definition: DEFINITION_EXAMPLE,
    },
  });
export type CreateProfile = z.infer<typeof createProfileSchema>;

/** Body of `PATCH /device-profiles/{id}`; the definition is replaced as a whole. */
export const patchProfileSchema = z
  .strictObject({
    name: nameSchema.optional(),
    description: descriptionSchema.optional(),
    definition: profileDefinitionSchema.optional(),
    version: versionSchema,
  })
  .meta({ example: { name: 'ACME level gauge', definition: DEFINITION_EXAMPLE, version: 1 } });
export type PatchProfile = z.infer<typeof patchProfileSchema>;

/** Query of `GET /device-profiles`. */
export const listProfilesSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional().describe('Those of this municipality, and the national ones'),
  format: z.enum(PROFILE_FORMATS).optional(),
  search: searchSchema.optional(),
});
export type ListProfiles = z.infer<typeof listProfilesSchema>;

/** A profile in an answer. */
export const profileSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string().nullable().describe('null: for the whole country'),
    code: z.string(),
    name: z.string(),
    description: z.string(),
    format: z.enum(PROFILE_FORMATS),
    definition: z.record(z.string(), z.unknown()),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'DeviceProfile' });
export type ProfileResponse = z.infer<typeof profileSchema>;

/** A real answer, for the API documentation. */
export const PROFILE_EXAMPLE: ProfileResponse = {
  id: '0199c1a4-7a10-7d52-8b1e-2e9a4c6d8f10',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  code: 'acme_level',
  name: 'ACME level gauge',
  description: 'Firmware 3 and later',
  format: 'json',
  definition: { ...profileDefinitionSchema.parse(DEFINITION_EXAMPLE) },
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
