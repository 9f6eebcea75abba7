import { z } from 'zod';
import { pageQuerySchema } from '../../../common/pagination/page.js';
import { deviceIdSchema, instantOutSchema, uuidSchema } from '../../../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../../common/versioning/version.js';
import { MAX_MEMBERS } from './device-group.errors.js';

const DESCRIPTION_LENGTH = 500;

const descriptionSchema = z
  .string()
  .trim()
  .max(DESCRIPTION_LENGTH)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text), 'must not hold control characters');

const membersSchema = z.array(deviceIdSchema).max(MAX_MEMBERS);

/** Body of `POST /device-groups`. */
export const createGroupSchema = z
  .strictObject({
    municipalityId: uuidSchema.optional().describe('The own municipality; to be named by whoever has several'),
    name: nameSchema,
    description: descriptionSchema.default(''),
    deviceIds: membersSchema.default([]).describe('Its first members, all of the same municipality'),
  })
  .meta({ example: { name: 'Valves at the old mill', deviceIds: ['river-gauge-017'] } });
export type CreateGroup = z.infer<typeof createGroupSchema>;

/** Body of `PATCH /device-groups/{id}`. */
export const patchGroupSchema = z
  .strictObject({ name: nameSchema.optional(), description: descriptionSchema.optional(), version: versionSchema })
  .meta({ example: { name: 'Valves at the new mill', version: 1 } });
export type PatchGroup = z.infer<typeof patchGroupSchema>;

/** Body of `POST /device-groups/{id}/members`. */
export const addMembersSchema = z
  .strictObject({ deviceIds: membersSchema.min(1) })
  .meta({ example: { deviceIds: ['river-gauge-017'] } });
export type AddMembers = z.infer<typeof addMembersSchema>;

/** Query of `GET /device-groups`. */
export const listGroupsSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional(),
  search: searchSchema.optional(),
});
export type ListGroups = z.infer<typeof listGroupsSchema>;

/** A group in an answer. */
export const groupSchema = z.object({
  id: z.string(),
  municipalityId: z.string(),
  name: z.string(),
  description: z.string(),
  memberCount: z.int(),
  version: versionOutSchema,
  createdAt: instantOutSchema,
  updatedAt: instantOutSchema,
});
export type GroupResponse = z.infer<typeof groupSchema>;

/** A member in an answer. */
export const memberSchema = z.object({
  deviceId: z.string(),
  name: z.string(),
  status: z.enum(['active', 'deactivated']).describe('A deactivated member is skipped'),
  addedAt: instantOutSchema,
});
export type MemberResponse = z.infer<typeof memberSchema>;

export const GROUP_EXAMPLE: GroupResponse = {
  id: '0199c5f3-02aa-7d14-b0c2-93d5a1e64f20',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  name: 'Valves at the old mill',
  description: '',
  memberCount: 1,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

export const MEMBER_EXAMPLE: MemberResponse = {
  deviceId: 'river-gauge-017',
  name: 'Gauge at the old mill',
  status: 'active',
  addedAt: '2026-03-01T12:00:00.000Z',
};
