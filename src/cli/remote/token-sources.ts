import type { SignInResponse } from '../../auth/auth.schemas.js';
import { ApiError, takeApart, type TokenSource } from './api.js';
import type { HttpClient } from './http-client.js';
import { sendPatiently, type RetryPolicy } from './retries.js';

/** Renewed this long before it ends, so that no call begins with a token that ends under way. */
const AHEAD_MS = 60_000;

/** A token that somebody else got; when it ends, the run ends. */
export class GivenToken implements TokenSource {
  constructor(private readonly given: string) {}

  token(): Promise<string> {
    return Promise.resolve(this.given);
  }

  renewed(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** How somebody signs in. */
export interface Account {
  readonly email: string;
  readonly password: string;
  /** Asks for a code of the second factor. */
  readonly askCode: () => Promise<string>;
}

/** Signs in with a password, and renews the token for as long as the run takes. */
export class SignedIn implements TokenSource {
  private current: { accessToken: string; refreshToken: string; endsAt: number } | undefined;
  /** One at a time: a refresh token is good for one use, and a second one ends the session. */
  private underWay: Promise<string> | undefined;

  constructor(
    private readonly http: HttpClient,
    private readonly account: Account,
    private readonly policy: RetryPolicy,
    private readonly now: () => number = Date.now,
  ) {}

  token(): Promise<string> {
    if (this.current !== undefined && this.current.endsAt - AHEAD_MS > this.now()) {
      return Promise.resolve(this.current.accessToken);
    }
    return this.renew();
  }

  renewed(refused: string): Promise<string> {
    const { accessToken } = this.current ?? {};
    return accessToken === undefined || accessToken === refused ? this.renew() : Promise.resolve(accessToken);
  }

  private renew(): Promise<string> {
    this.underWay ??= this.next().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async next(): Promise<string> {
    const refreshToken = this.current?.refreshToken;
    this.current = undefined;
    const answer = (refreshToken === undefined ? undefined : await this.refresh(refreshToken)) ?? (await this.signIn());
    this.current = { ...answer, endsAt: this.now() + answer.expiresIn * 1000 };
    return answer.accessToken;
  }

  /** Undefined when the session has ended, also because an earlier answer was lost on its way to us. */
  private async refresh(refreshToken: string): Promise<SignInResponse | undefined> {
    try {
      return await this.send('/auth/refresh', { refreshToken });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return undefined;
      throw error;
    }
  }

  private async signIn(): Promise<SignInResponse> {
    const { email, password, askCode } = this.account;
    try {
      return await this.send('/auth/login', { email, password });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'SECOND_FACTOR_REQUIRED')) throw error;
      return this.send('/auth/login', { email, password, code: await askCode() });
    }
  }

  private async send(path: string, body: object): Promise<SignInResponse> {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', path, headers, body: JSON.stringify(body) };
    return takeApart<SignInResponse>(await sendPatiently(() => this.http.send(request), this.policy)).data;
  }
}
