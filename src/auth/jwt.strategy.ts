import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AppConfig } from '../config/app-config.js';
import { TOKEN_CHECKS } from './access-token.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { TokenVerifier } from './token-verifier.js';

export const JWT_STRATEGY = 'jwt';

/** Takes people's access tokens from the `Authorization: Bearer` header, and from nowhere else. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, JWT_STRATEGY) {
  constructor(
    config: AppConfig,
    private readonly verifier: TokenVerifier,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: config.auth.jwtSecret,
      ...TOKEN_CHECKS,
    });
  }

  /** Called with the claims of a token whose signature, issuer, audience and life time are right. */
  validate(claims: unknown): Promise<AuthenticatedUser> {
    return this.verifier.resolve(claims);
  }
}
