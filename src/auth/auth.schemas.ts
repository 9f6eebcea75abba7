import { z } from 'zod';
import { nameSchema } from '../common/validation/text.schemas.js';
import {
  emailSchema,
  newPasswordSchema,
  passwordSchema,
  SIGNED_IN_USER_EXAMPLE,
  signedInUserSchema,
} from '../users/user.schemas.js';
import { opaqueTokenSchema } from './sessions/opaque-token.js';

const MAX_CODE_LENGTH = 40;
const EXAMPLE_PASSWORD = 'river-stone-lantern-42';
const EXAMPLE_TOKEN = 'T1tk3xv6m7k2p4v8h1w9s0d5f6g7j8k9l0q1w2e3r4t';

/** A code of an authenticator app, or a recovery code. */
export const codeSchema = z
  .string()
  .trim()
  .min(1)
  .max(MAX_CODE_LENGTH)
  .describe('Six digits of the authenticator app, or a recovery code');

/** Body of `POST /auth/login`. */
export const loginSchema = z
  .strictObject({
    email: emailSchema,
    password: passwordSchema,
    code: codeSchema.optional().describe('Of the second factor; asked for by `SECOND_FACTOR_REQUIRED`'),
  })
  .meta({ example: { email: SIGNED_IN_USER_EXAMPLE.email, password: EXAMPLE_PASSWORD } });
export type Login = z.infer<typeof loginSchema>;

/** Body of `POST /auth/refresh`. */
export const refreshSchema = z
  .strictObject({ refreshToken: opaqueTokenSchema })
  .meta({ example: { refreshToken: EXAMPLE_TOKEN } });
export type Refresh = z.infer<typeof refreshSchema>;

/** Answer of `POST /auth/login` and `POST /auth/refresh`. */
export const signInSchema = z.object({
  accessToken: z.string().describe('JWT for `Authorization: Bearer`'),
  refreshToken: z.string().describe('Good for one `POST /auth/refresh`, which gives the next'),
  expiresIn: z.int().describe('Seconds until the access token ends'),
  user: signedInUserSchema,
});
export type SignInResponse = z.infer<typeof signInSchema>;

/** A real answer, for the API documentation; the access token is cut. */
export const SIGN_IN_EXAMPLE: SignInResponse = {
  accessToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ik1fX2tZ…',
  refreshToken: EXAMPLE_TOKEN,
  expiresIn: 900,
  user: SIGNED_IN_USER_EXAMPLE,
};

/** Answer of calls after which sessions have ended. */
export const endedSchema = z.object({ sessionsEnded: z.int().describe('How many sessions ended') });
export type EndedResponse = z.infer<typeof endedSchema>;

/** Body of `POST /auth/change-password`. */
export const changePasswordSchema = z
  .strictObject({ currentPassword: passwordSchema, newPassword: newPasswordSchema })
  .meta({ example: { currentPassword: EXAMPLE_PASSWORD, newPassword: 'seven grey herons by the weir' } });
export type ChangePassword = z.infer<typeof changePasswordSchema>;

/** Body of `POST /auth/forgot-password`. */
export const forgotPasswordSchema = z
  .strictObject({ email: emailSchema })
  .meta({ example: { email: SIGNED_IN_USER_EXAMPLE.email } });
export type ForgotPassword = z.infer<typeof forgotPasswordSchema>;

/** Answer of `POST /auth/forgot-password`, whether there is such an account or not. */
export const acceptedSchema = z.object({ accepted: z.literal(true) });
export type AcceptedResponse = z.infer<typeof acceptedSchema>;

/** Body of `POST /auth/reset-password`. */
export const resetPasswordSchema = z
  .strictObject({ token: opaqueTokenSchema.describe('From the link'), newPassword: newPasswordSchema })
  .meta({ example: { token: EXAMPLE_TOKEN, newPassword: 'seven grey herons by the weir' } });
export type ResetPassword = z.infer<typeof resetPasswordSchema>;

/** Body of `POST /auth/accept-invitation`. */
export const acceptInvitationSchema = z
  .strictObject({
    token: opaqueTokenSchema.describe('From the link'),
    newPassword: newPasswordSchema,
    name: nameSchema.optional().describe('How the person wants to be called'),
  })
  .meta({ example: { token: EXAMPLE_TOKEN, newPassword: 'seven grey herons by the weir', name: 'Tessa Morau' } });
export type AcceptInvitation = z.infer<typeof acceptInvitationSchema>;

/** Answer of calls that set a password by a link. */
export const passwordSetSchema = z.object({ email: z.string().describe('The address to sign in with') });
export type PasswordSetResponse = z.infer<typeof passwordSetSchema>;
