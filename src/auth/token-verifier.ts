import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../common/clock.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { accessTokenSchema, isFromTheFuture, TOKEN_CHECKS } from './access-token.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { PrincipalCache } from './principal-cache.js';
import { TokenKeys } from './token-keys.js';

/** What a good token says about who shows it. */
type Proof = Pick<AuthenticatedUser, 'id' | 'sessionId' | 'tokenId' | 'tokenExpiresAt'>;

/** Tells who an access token belongs to, also outside HTTP (WebSocket connections). */
@Injectable()
export class TokenVerifier {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: TokenKeys,
    private readonly principals: PrincipalCache,
    private readonly clock: Clock,
  ) {}

  /**
   * The person that the token was issued to, as they are now.
   * @throws UnauthenticatedError whatever is wrong with the token or the account
   */
  async verify(token: string): Promise<AuthenticatedUser> {
    const secret = this.keys.secretOf(token);
    if (secret === undefined) throw new UnauthenticatedError();
    let claims: unknown;
    try {
      claims = await this.jwt.verifyAsync<Record<string, unknown>>(token, { ...TOKEN_CHECKS, secret });
    } catch (cause) {
      throw new UnauthenticatedError(undefined, undefined, { cause });
    }
    return this.resolve(claims);
  }

  /**
   * The person that the claims of a token with a good signature name.
   * @throws UnauthenticatedError
   */
  async resolve(claims: unknown): Promise<AuthenticatedUser> {
    const token = accessTokenSchema.safeParse(claims);
    if (!token.success || isFromTheFuture(token.data, this.clock.nowMs())) throw new UnauthenticatedError();
    const { sub, sid, jti, exp } = token.data;
    return this.current({ id: sub, sessionId: sid, tokenId: jti, tokenExpiresAt: exp * 1000 });
  }

  /**
   * Looks again at somebody who was let in earlier, on a connection that lives longer than a request.
   * @throws UnauthenticatedError when the token or its session has ended, or the account may not be used any more
   */
  async current(known: Proof): Promise<AuthenticatedUser> {
    const { id, sessionId, tokenId, tokenExpiresAt } = known;
    if (tokenExpiresAt <= this.clock.nowMs()) throw new UnauthenticatedError();
    const principal = await this.principals.find(id, sessionId);
    if (principal === null) throw new UnauthenticatedError();
    return { ...principal, sessionId, tokenId, tokenExpiresAt };
  }
}
