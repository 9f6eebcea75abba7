import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';
import { USER_STATUSES } from './user.entity.js';
import { emailSchema } from './user.schemas.js';

const roleCodeSchema = z.string().min(1).max(64).describe('Code of a built-in role or of one of the municipality');

/** More municipalities than a country's regions; whoever needs all is a super admin. */
const MAX_MEMBERSHIPS = 100;

/** Body of `POST /users`. */
export const inviteUserSchema = z
  .strictObject({
    email: emailSchema,
    name: nameSchema,
    superAdmin: z.boolean().default(false).describe('May do everything everywhere; belongs to no municipality'),
    memberships: z
      .array(z.strictObject({ municipalityId: uuidSchema, role: roleCodeSchema }))
      .max(MAX_MEMBERSHIPS)
      .default([]),
  })
  .refine(({ superAdmin, memberships }) => superAdmin === (memberships.length === 0), {
    path: ['memberships'],
    error: 'a super admin belongs to no municipality, everybody else to one at least',
  })
  .refine(
    ({ memberships }) => new Set(memberships.map(({ municipalityId }) => municipalityId)).size === memberships.length,
    { path: ['memberships'], error: 'names a municipality twice' },
  )
  .meta({
    example: {
      email: 'night.shift@sollen.example',
      name: 'Night shift',
      memberships: [{ municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40', role: 'operator' }],
    },
  });
export type InviteUser = z.infer<typeof inviteUserSchema>;

/** Body of `PATCH /users/{id}`. */
export const patchUserSchema = z
  .strictObject({
    name: nameSchema.optional(),
    email: emailSchema.optional().describe('Another address; ends all sessions of the account'),
    status: z
      .enum(['active', 'disabled'])
      .optional()
      .describe('`disabled` ends all sessions of the account within a second; an open invitation stays one'),
    superAdmin: z.boolean().optional().describe('true ends all memberships'),
    version: versionSchema,
  })
  .meta({ example: { status: 'disabled', version: 3 } });
export type PatchUser = z.infer<typeof patchUserSchema>;

/** Body of `PUT /users/{id}/memberships/{municipalityId}`. */
export const membershipSchema = z.strictObject({ role: roleCodeSchema }).meta({ example: { role: 'field_engineer' } });
export type MembershipBody = z.infer<typeof membershipSchema>;

/** Query of `GET /users`. */
export const listUsersSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional().describe('People who have a role in it'),
  role: roleCodeSchema.optional().describe('People who have this role somewhere; `super_admin` too'),
  status: z.enum(USER_STATUSES).optional(),
  search: searchSchema.optional().describe('Part of the name or e-mail address'),
});
export type ListUsers = z.infer<typeof listUsersSchema>;

/** A person in an answer. */
export const userSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    status: z.enum(USER_STATUSES),
    superAdmin: z.boolean(),
    memberships: z
      .array(z.object({ municipalityId: z.string(), role: z.string() }))
      .describe('Those that the caller may see'),
    lastLoginAt: instantOutSchema.nullable(),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'User' });
export type UserResponse = z.infer<typeof userSchema>;

/** A real answer, for the API documentation. */
export const USER_EXAMPLE: UserResponse = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
  email: 'night.shift@sollen.example',
  name: 'Night shift',
  status: 'invited',
  superAdmin: false,
  memberships: [{ municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40', role: 'operator' }],
  lastLoginAt: null,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
