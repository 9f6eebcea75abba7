import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../common/clock.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import type { Principal } from '../users/principal.js';
import { Principals } from '../users/principals.js';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-token.js';

/** What somebody gets who signs in. */
export interface SignIn {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly user: Principal;
}

/** Signs people in. */
@Injectable()
export class SignInService {
  constructor(
    private readonly principals: Principals,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * Signs a person in by address and password.
   * @throws UnauthenticatedError `INVALID_CREDENTIALS`, the same for an unknown address, a wrong password, a disabled
   *   account and a suspended municipality
   */
  async signIn(email: string, password: string): Promise<SignIn> {
    const user = await this.principals.verify(email, password);
    if (user === null) throw new UnauthenticatedError('INVALID_CREDENTIALS', 'E-mail address or password is wrong.');
    await this.principals.noteSignIn(user.id, this.clock.now());
    const expiresIn = this.config.auth.accessTtlSeconds;
    return { accessToken: await this.issueToken(user, expiresIn), expiresIn, user };
  }

  private issueToken(user: Principal, expiresIn: number): Promise<string> {
    const iat = Math.floor(this.clock.nowMs() / 1000);
    return this.jwt.signAsync(
      { iat },
      {
        algorithm: TOKEN_ALGORITHM,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        subject: user.id,
        jwtid: newId(),
        expiresIn,
      },
    );
  }
}
