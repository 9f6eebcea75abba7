import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';
import { PERMISSION_CODES, type Permission } from './permissions.js';

const permissionSchema = z.enum(PERMISSION_CODES as readonly [Permission, ...Permission[]]);

const permissionsSchema = z
  .array(permissionSchema)
  .max(PERMISSION_CODES.length)
  .transform((codes) => PERMISSION_CODES.filter((code) => codes.includes(code)))
  .describe('What the role allows; nobody can give what they do not have themselves');

const codeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,62}[a-z0-9]$/, 'must be 3–64 lower-case letters, digits or "_"')
  .describe('Short name, unique in the municipality; cannot be changed later');

const descriptionSchema = z.string().trim().max(500);

/** Body of `POST /roles`. */
export const createRoleSchema = z
  .strictObject({
    municipalityId: uuidSchema.optional().describe('Whose role it is; may be left out by people of one municipality'),
    code: codeSchema,
    name: nameSchema,
    description: descriptionSchema.default(''),
    permissions: permissionsSchema,
  })
  .meta({
    example: {
      code: 'night_shift',
      name: 'Night shift',
      description: 'Sees everything and acknowledges',
      permissions: ['device:read', 'reading:read', 'alert:read', 'alert:acknowledge'],
    },
  });
export type CreateRole = z.infer<typeof createRoleSchema>;

/** Body of `PATCH /roles/{id}`. */
export const patchRoleSchema = z
  .strictObject({
    name: nameSchema.optional(),
    description: descriptionSchema.optional(),
    permissions: permissionsSchema.optional(),
    version: versionSchema,
  })
  .meta({ example: { permissions: ['device:read', 'reading:read', 'alert:read'], version: 1 } });
export type PatchRole = z.infer<typeof patchRoleSchema>;

/** Query of `GET /roles`. */
export const listRolesSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional().describe('Built-in roles and those of this municipality'),
  builtIn: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  search: searchSchema.optional(),
});
export type ListRoles = z.infer<typeof listRolesSchema>;

/** A role in an answer. */
export const roleSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    description: z.string(),
    builtIn: z.boolean(),
    municipalityId: z.string().nullable().describe('Null for a built-in role'),
    permissions: z.array(permissionSchema),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'Role' });
export type RoleResponse = z.infer<typeof roleSchema>;

/** A real answer, for the API documentation. */
export const ROLE_EXAMPLE: RoleResponse = {
  id: '0199c1a4-7d10-7e01-8a3c-2b9a0c44e210',
  code: 'night_shift',
  name: 'Night shift',
  description: 'Sees everything and acknowledges',
  builtIn: false,
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  permissions: ['device:read', 'reading:read', 'alert:read', 'alert:acknowledge'],
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

/** A permission in an answer. */
const permissionItemSchema = z
  .object({
    code: permissionSchema,
    description: z.string(),
    national: z.boolean().describe('Only super admins have it; no role of a municipality can hold it'),
    roles: z.array(z.string()).describe('Built-in roles that have it'),
  })
  .meta({ id: 'Permission' });
export type PermissionItem = z.infer<typeof permissionItemSchema>;

/** Answer of `GET /permissions`: all of them, the list is short. */
export const permissionListSchema = z.array(permissionItemSchema);

/** A real answer, for the API documentation. */
export const PERMISSION_EXAMPLE: PermissionItem = {
  code: 'alert:acknowledge',
  description: 'Acknowledge alerts',
  national: false,
  roles: ['super_admin', 'municipality_admin', 'operator'],
};
