import { Controller, type DynamicModule, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from '../../src/app.module.js';
import { DeviceAccess } from '../../src/auth/access.decorators.js';
import { CurrentDevice } from '../../src/auth/current-user.decorator.js';
import type { AuthenticatedDevice } from '../../src/auth/device-authenticator.js';
import {
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
} from '../../src/common/request-context/request-context.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { MunicipalityService } from '../../src/municipalities/municipality.service.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { UserService } from '../../src/users/user.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';

const PASSWORD = 'river stone lantern 42';
const SECRET = 'one-secret-for-all-of-these-tests-xyz';

/** Routes that only tests have: one without any decision, one for devices. */
@Controller('probe')
class ProbeController {
  @Get('undecided')
  undecided(): string {
    return 'should never be seen';
  }

  @Post('device')
  @DeviceAccess()
  device(@CurrentDevice() device: AuthenticatedDevice): AuthenticatedDevice {
    return device;
  }
}

class ProbeModule {
  static forRoot(config: AppConfig): DynamicModule {
    return { module: ProbeModule, imports: [AppModule.forRoot(config)], controllers: [ProbeController] };
  }
}

interface Answer {
  status: number;
  data: Record<string, unknown>;
  code?: string;
}

describeBothDatabases((db) => {
  let running: TestApp;
  let [north, south] = ['', ''];

  const system = <T>(work: () => Promise<T>): Promise<T> =>
    runWithRequestContext(newRequestContext({ tenant: ALL_TENANTS }), work);

  async function call(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const response = await fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
    const json = (await response.json()) as { data?: Answer['data']; code?: string };
    return { status: response.status, data: json.data ?? {}, code: json.code } satisfies Answer;
  }

  const login = (email: string, password = PASSWORD): Promise<Answer> =>
    call('POST', '/auth/login', { body: { email, password } });

  async function tokenOf(email: string): Promise<string> {
    return (await login(email)).data['accessToken'] as string;
  }

  beforeAll(async () => {
    running = await startTestApp({
      env: { DATABASE_URL: db.url, JWT_SECRET: SECRET },
      roles: ['api'],
      module: (config) => ProbeModule.forRoot(config),
    });
    const users = running.app.get(UserService, { strict: false });
    const municipalities = running.app.get(MunicipalityService, { strict: false });
    await system(async () => {
      north = (await municipalities.create({ code: 'north', name: 'North' })).id;
      south = (await municipalities.create({ code: 'south', name: 'South' })).id;
      const people: [string, RoleCode, string | null][] = [
        ['root@test.example', 'super_admin', null],
        ['admin@north.example', 'municipality_admin', north],
        ['operator@north.example', 'operator', north],
        ['operator@south.example', 'operator', south],
        ['leaver@south.example', 'operator', south],
      ];
      for (const [email, role, municipalityId] of people) {
        await users.create({ email, name: email, password: PASSWORD, role, municipalityId });
      }
    });
  });
  afterAll(() => running.close());

  describe('sign-in', () => {
    it('answers a token and who it belongs to', async () => {
      const { status, data } = await login('Operator@North.example');
      expect(status).toBe(200);
      expect(data).toMatchObject({
        expiresIn: 900,
        user: { email: 'operator@north.example', role: 'operator', municipalityId: north },
      });
      expect(JSON.stringify(data)).not.toContain('argon2');
      const me = await call('GET', '/auth/me', { token: data['accessToken'] as string });
      expect(me.status).toBe(200);
      expect(me.data).toEqual(data['user']);
    });

    it('answers the same to an unknown address, a wrong password and a disabled account', async () => {
      await db.transactions.query(`update users set status = 'disabled' where email = 'leaver@south.example'`);
      const answers = await Promise.all([
        login('nobody@test.example'),
        login('operator@north.example', `${PASSWORD}.`),
        login('leaver@south.example'),
      ]);
      for (const answer of answers) expect(answer).toEqual({ status: 401, data: {}, code: 'INVALID_CREDENTIALS' });
    });

    it.each([
      {},
      { email: 'x' },
      { email: 'a@b.example' },
      { email: 'a@b.example', password: '' },
      { email: ['a'], password: {} },
    ])('refuses %j as not valid', async (body) => {
      expect((await call('POST', '/auth/login', { body })).status).toBe(422);
    });
  });

  describe('a token', () => {
    it('is not taken from anywhere but the Authorization header', async () => {
      const token = await tokenOf('operator@north.example');
      expect((await call('GET', `/auth/me?access_token=${token}`)).status).toBe(401);
      expect((await call('GET', '/auth/me', { headers: { cookie: `jwt=${token}` } })).status).toBe(401);
      expect((await call('GET', '/auth/me', { headers: { authorization: `JWT ${token}` } })).status).toBe(401);
    });

    it('does not outlive the account or the municipality', async () => {
      const token = await tokenOf('operator@south.example');
      const root = await tokenOf('root@test.example');
      const status = async (): Promise<number> => (await call('GET', '/auth/me', { token })).status;
      const set = (value: string) =>
        call('PATCH', `/municipalities/${south}`, { token: root, body: { status: value } });
      expect(await status()).toBe(200);
      expect((await set('suspended')).status).toBe(200);
      await expect.poll(status, { timeout: 30_000 }).toBe(401);
      expect((await login('operator@south.example')).status).toBe(401);
      expect((await set('active')).status).toBe(200);
      await expect.poll(status, { timeout: 30_000 }).toBe(200);
      await db.transactions.query(`update users set status = 'disabled' where email = 'operator@south.example'`);
      await expect.poll(status, { timeout: 30_000 }).toBe(401);
    });
  });

  describe('access', () => {
    it('is denied where nobody decided about it, to everybody', async () => {
      const token = await tokenOf('root@test.example');
      expect(await call('GET', '/probe/undecided', { token })).toEqual({ status: 403, data: {}, code: 'FORBIDDEN' });
      expect((await call('GET', '/probe/undecided')).status).toBe(403);
    });

    it('goes by permission', async () => {
      const body = { code: 'west', name: 'West', timeZone: 'Europe/Vienna' };
      expect((await call('POST', '/municipalities', { body })).status).toBe(401);
      const admin = await tokenOf('admin@north.example');
      expect((await call('POST', '/municipalities', { token: admin, body })).status).toBe(403);
      const root = await tokenOf('root@test.example');
      expect(await call('POST', '/municipalities', { token: root, body })).toMatchObject({
        status: 201,
        data: { ...body, status: 'active' },
      });
      expect(await call('POST', '/municipalities', { token: root, body })).toMatchObject({ status: 409 });
      expect(await call('POST', '/municipalities', { token: root, body: { ...body, x: 1 } })).toMatchObject({
        status: 422,
      });
    });

    it('ends at the municipality: another one is not there', async () => {
      const token = await tokenOf('operator@north.example');
      expect((await call('GET', `/municipalities/${north}`, { token })).status).toBe(200);
      expect(await call('GET', `/municipalities/${south}`, { token })).toMatchObject({
        status: 404,
        code: 'MUNICIPALITY_NOT_FOUND',
      });
      const list = (await call('GET', '/municipalities', { token })).data as unknown as { id: string }[];
      expect(list.map(({ id }) => id)).toEqual([north]);
    });

    it('of devices is by their id and key together', async () => {
      const register = (deviceId: string) =>
        running.app.get(DeviceRegistrationService, { strict: false }).register({
          deviceId,
          name: deviceId,
          municipalityId: north,
          authMethods: ['api_key'],
        });
      const [one, other] = await system(async () => [await register('gauge-1'), await register('gauge-2')] as const);
      const as = (deviceId: string | undefined, key: string | undefined): Promise<Answer> =>
        call('POST', '/probe/device', {
          headers: { ...(deviceId && { 'x-device-id': deviceId }), ...(key && { 'x-api-key': key }) },
        });
      const key = one.credentials.apiKey!;
      expect(await as('gauge-1', key)).toMatchObject({
        status: 201,
        data: { deviceId: 'gauge-1', municipalityId: north },
      });
      const refused = { status: 401, data: {}, code: 'UNAUTHENTICATED' };
      for (const [id, secret] of [
        ['gauge-2', key],
        ['gauge-1', other.credentials.apiKey],
        ['gauge-9', key],
        ['gauge-1', `${key}x`],
        ['gauge-1', undefined],
        [undefined, key],
        ['../gauge-1', key],
      ] as const) {
        expect(await as(id, secret)).toEqual(refused);
      }
      const token = await tokenOf('root@test.example');
      expect((await call('POST', '/probe/device', { token })).status).toBe(401);
      expect((await call('GET', '/auth/me', { headers: { 'x-device-id': 'gauge-1', 'x-api-key': key } })).status).toBe(
        401,
      );
    });
  });
});
