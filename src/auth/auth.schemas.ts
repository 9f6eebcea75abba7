import { z } from 'zod';
import { emailSchema, passwordSchema, SIGNED_IN_USER_EXAMPLE, signedInUserSchema } from '../users/user.schemas.js';

/** Body of `POST /auth/login`. */
export const loginSchema = z
  .strictObject({ email: emailSchema, password: passwordSchema })
  .meta({ example: { email: SIGNED_IN_USER_EXAMPLE.email, password: 'river-stone-lantern-42' } });
export type Login = z.infer<typeof loginSchema>;

/** Answer of `POST /auth/login`. */
export const signInSchema = z.object({
  accessToken: z.string().describe('JWT for `Authorization: Bearer`'),
  expiresIn: z.int().describe('Seconds until the access token ends'),
  user: signedInUserSchema,
});
export type SignInResponse = z.infer<typeof signInSchema>;

/** A real answer, for the API documentation; the token is cut. */
export const SIGN_IN_EXAMPLE: SignInResponse = {
  accessToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…',
  expiresIn: 43_200,
  user: SIGNED_IN_USER_EXAMPLE,
};
