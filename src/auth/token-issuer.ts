import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-token.js';
import { TokenKeys } from './token-keys.js';

/** An access token and how long it lasts. */
export interface IssuedToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Issues access tokens. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: TokenKeys,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** A new access token for a session that is open. */
  async issue(userId: string, sessionId: string, expiresIn = this.config.auth.accessTtlSeconds): Promise<IssuedToken> {
    const iat = Math.floor(this.clock.nowMs() / 1000);
    const accessToken = await this.jwt.signAsync(
      { iat, sid: sessionId },
      {
        secret: this.keys.signingSecret,
        keyid: this.keys.signingKeyId,
        algorithm: TOKEN_ALGORITHM,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        subject: userId,
        jwtid: newId(),
        expiresIn,
      },
    );
    return { accessToken, expiresIn };
  }
}
