import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { TOKEN_CHECKS } from './access-token.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { TokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

export const JWT_STRATEGY = 'jwt';

/** Takes people's access tokens from the `Authorization: Bearer` header, and from nowhere else. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, JWT_STRATEGY) {
  constructor(
    keys: TokenKeys,
    private readonly verifier: TokenVerifier,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: Error | null, secret?: string) => void) => {
        const secret = keys.secretOf(token);
        // An error here is a plain "not authenticated".
        if (secret === undefined) done(new Error('the token names no key of ours'));
        else done(null, secret);
      },
      ...TOKEN_CHECKS,
    });
  }

  /** Called with the claims of a token whose signature, issuer, audience and life time are right. */
  validate(claims: unknown): Promise<AuthenticatedUser> {
    return this.verifier.resolve(claims);
  }
}
