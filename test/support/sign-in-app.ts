import {
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
} from '../../src/common/request-context/request-context.js';
import { MunicipalityService } from '../../src/municipalities/municipality.service.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { UserService } from '../../src/users/user.service.js';
import { ApiClient, type ApiAnswer } from './api-client.js';
import { startTestApp, type TestApp } from './app.js';
import type { TestDatabase } from './databases.js';

export const PASSWORD = 'river stone lantern 42';

/** What signing in answers. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
  user: { id: string; email: string };
}

/** The application with people who can sign in, and a way to come from any address. */
export class SignInApp {
  private constructor(
    readonly running: TestApp,
    readonly municipalityId: string,
  ) {}

  /** Believes `X-Forwarded-For`, as behind a proxy. */
  static async start(db: TestDatabase, env: Record<string, string> = {}): Promise<SignInApp> {
    const running = await startTestApp({
      env: { DATABASE_URL: db.url, TRUST_PROXY: 'true', ...env },
      roles: ['api'],
    });
    const municipalities = running.app.get(MunicipalityService, { strict: false });
    const code = `m-${crypto.randomUUID().slice(0, 8)}`;
    const { id } = await system(() => municipalities.create({ code, name: 'Northbank' }));
    return new SignInApp(running, id);
  }

  /** A service of the application. */
  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.running.app.get<T>(type, { strict: false });
  }

  /** Makes an account with {@link PASSWORD}; answers its id. */
  async person(email: string, role: RoleCode = 'operator'): Promise<string> {
    const municipalityId = role === 'super_admin' ? null : this.municipalityId;
    const account = { email, name: 'Somebody', password: PASSWORD, role, municipalityId };
    return (await system(() => this.get(UserService).create(account))).id;
  }

  /** Calls as somebody, or as nobody, from an address. */
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    { token, body, from = '198.51.100.1' }: { token?: string; body?: unknown; from?: string } = {},
  ): Promise<ApiAnswer<T>> {
    return new ApiClient(this.running.url, token).call<T>(method, path, {
      body,
      headers: { 'x-forwarded-for': from, 'user-agent': `browser at ${from}` },
    });
  }

  login(email: string, more: { password?: string; code?: string; from?: string } = {}): Promise<ApiAnswer<Tokens>> {
    const { from, ...credentials } = more;
    return this.call('POST', '/auth/login', { body: { email, password: PASSWORD, ...credentials }, from });
  }

  refresh(refreshToken: string, from?: string): Promise<ApiAnswer<Tokens>> {
    return this.call('POST', '/auth/refresh', { body: { refreshToken }, from });
  }

  /** The status of a call with an access token. */
  async status(token: string): Promise<number> {
    return (await this.call('GET', '/auth/me', { token })).status;
  }

  close(): Promise<void> {
    return this.running.close();
  }
}

function system<T>(work: () => Promise<T>): Promise<T> {
  return runWithRequestContext(newRequestContext({ tenant: ALL_TENANTS }), work);
}
