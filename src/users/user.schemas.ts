import { z } from 'zod';
import { PERMISSION_CODES, type Permission } from './permissions.js';
import { ROLE_CODES } from './role-code.js';

/** A shorter password falls to guessing even behind argon2id. */
export const MIN_PASSWORD_LENGTH = 12;
/** Long enough for every pass phrase; an endless one would only keep the hasher busy. */
const MAX_PASSWORD_LENGTH = 256;
const MAX_EMAIL_LENGTH = 254;

/** An e-mail address, brought to lower case: nobody has two accounts that differ in letters' case. */
export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(MAX_EMAIL_LENGTH)
  .pipe(z.email('is not an e-mail address'))
  .describe('E-mail address');

/** A password that somebody signs in with: any length that an account could have. */
export const passwordSchema = z.string().min(1).max(MAX_PASSWORD_LENGTH);

const TOO_SHORT = `must have at least ${MIN_PASSWORD_LENGTH} characters`;

/** A password that is newly set; its length is counted in characters as people see them in it. */
export const newPasswordSchema = passwordSchema
  .min(MIN_PASSWORD_LENGTH, TOO_SHORT)
  .refine((text) => [...text.normalize('NFKC')].length >= MIN_PASSWORD_LENGTH, TOO_SHORT);

/** What makes a new account. */
export const createUserSchema = z.strictObject({
  email: emailSchema,
  name: z.string().trim().min(1).max(200),
  password: newPasswordSchema,
  role: z.enum(ROLE_CODES),
  /** Null for a super admin, and for nobody else. */
  municipalityId: z.guid().toLowerCase().nullable(),
});
export type CreateUser = z.input<typeof createUserSchema>;

const permissionsSchema = z.array(z.enum(PERMISSION_CODES as readonly [Permission, ...Permission[]]));

/** A signed-in person in an answer. */
export const signedInUserSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.string().describe('Code of the role: the only one, or the oldest of several'),
    municipalityId: z.string().nullable().describe('The first municipality; null for a super admin, who has none'),
    memberships: z.array(z.object({ municipalityId: z.string(), role: z.string(), permissions: permissionsSchema })),
    permissions: permissionsSchema.describe('Everything that the person may do somewhere'),
  })
  .meta({ id: 'SignedInUser' });
export type SignedInUserResponse = z.infer<typeof signedInUserSchema>;

/** A real answer, for the API documentation. */
export const SIGNED_IN_USER_EXAMPLE: SignedInUserResponse = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
  email: 'control.room@sollen.example',
  name: 'Control room Sollen',
  role: 'operator',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  memberships: [
    {
      municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
      role: 'operator',
      permissions: ['municipality:read', 'device:read', 'reading:read', 'alert:read', 'alert:acknowledge'],
    },
  ],
  permissions: ['municipality:read', 'device:read', 'reading:read', 'alert:read', 'alert:acknowledge'],
};
