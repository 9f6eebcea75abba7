import type { JwtVerifyOptions } from '@nestjs/jwt';
import { z } from 'zod';

/** The only algorithm that is signed with and accepted: a token cannot choose its own. */
export const TOKEN_ALGORITHM = 'HS256';
export const TOKEN_ISSUER = 'hydroalert';
/** Separates access tokens from others that may be signed with the same secret one day. */
export const TOKEN_AUDIENCE = 'hydroalert-api';

/** A token from the future is a forgery or a sign of clocks that cannot be trusted. */
const MAX_CLOCK_SKEW_SECONDS = 60;

/** What an access token says; who that is and what they may do is looked up at every use. */
export const accessTokenSchema = z.object({
  sub: z.guid(),
  /** Id of the session: the token is worth nothing once that has ended. */
  sid: z.guid(),
  jti: z.guid(),
  iat: z.int(),
  exp: z.int(),
});
export type AccessToken = z.infer<typeof accessTokenSchema>;

/** Options for checking a token's signature and claims, the same at every door. */
export const TOKEN_CHECKS = {
  algorithms: [TOKEN_ALGORITHM],
  issuer: TOKEN_ISSUER,
  audience: TOKEN_AUDIENCE,
  ignoreExpiration: false,
} satisfies JwtVerifyOptions;

/** Whether the token was issued later than now. */
export function isFromTheFuture(token: AccessToken, nowMs: number): boolean {
  return token.iat > nowMs / 1000 + MAX_CLOCK_SKEW_SECONDS;
}
