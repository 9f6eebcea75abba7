import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeBothDatabases } from '../support/databases.js';
import { PASSWORD, SignInApp } from '../support/sign-in-app.js';

const NEW_PASSWORD = 'seven grey herons by the weir';

interface SessionData {
  id: string;
  current: boolean;
  address: string;
  userAgent: string;
}

describeBothDatabases((db) => {
  let app: SignInApp;

  beforeAll(async () => {
    app = await SignInApp.start(db);
  });
  afterAll(() => app.close());

  const actions = async (userId: string): Promise<string[]> => {
    const { rows } = await db.transactions.query<{ action: string }>(
      `select action from audit_logs where actor_id = ? or record_id = ? order by id`,
      [userId, userId],
    );
    return rows.map(({ action }) => action);
  };

  describe('refresh tokens', () => {
    it('give the next access token, one after the other', async () => {
      await app.person('chain@north.example');
      let { data } = await app.login('chain@north.example');
      const seen = new Set([data.refreshToken]);
      for (let i = 0; i < 5; i++) {
        const answer = await app.refresh(data.refreshToken);
        expect(answer).toMatchObject({ status: 200, data: { expiresIn: 900, user: { email: 'chain@north.example' } } });
        data = answer.data;
        seen.add(data.refreshToken);
        expect(await app.status(data.accessToken)).toBe(200);
      }
      expect(seen.size).toBe(6);
      const { rows } = await db.transactions.query<{ token_hash: string }>('select token_hash from refresh_tokens');
      expect(rows.some(({ token_hash: hash }) => seen.has(hash))).toBe(false);
    });

    it('end the session, for everybody who has one of it, when one is used a second time', async () => {
      const id = await app.person('stolen@north.example');
      const other = await app.login('stolen@north.example');
      const first = await app.login('stolen@north.example');
      const second = await app.refresh(first.data.refreshToken);
      const thief = await app.refresh(first.data.refreshToken, '203.0.113.66');
      expect(thief).toMatchObject({ status: 401, code: 'REFRESH_TOKEN_REUSED' });
      expect(await app.status(second.data.accessToken)).toBe(401);
      expect(await app.status(first.data.accessToken)).toBe(401);
      expect(await app.refresh(second.data.refreshToken)).toMatchObject({ status: 401, code: 'REFRESH_TOKEN_INVALID' });
      expect(await app.status(other.data.accessToken)).toBe(200);
      expect(await actions(id)).toContain('session.token_reused');
    });

    it('let exactly one of many at once go on', async () => {
      await app.person('race@north.example');
      const { data } = await app.login('race@north.example');
      const answers = await Promise.all(Array.from({ length: 8 }, () => app.refresh(data.refreshToken)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
    });

    it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(300)])('that are none are refused: %j', async (token) => {
      expect([401, 422]).toContain((await app.refresh(token)).status);
    });

    it('are worth nothing to somebody who was disabled', async () => {
      const id = await app.person('leaver@north.example');
      const { data } = await app.login('leaver@north.example');
      await db.transactions.query(`update users set status = 'disabled' where id = ?`, [id]);
      expect(await app.refresh(data.refreshToken)).toMatchObject({ status: 401, code: 'REFRESH_TOKEN_INVALID' });
      await expect.poll(() => app.status(data.accessToken), { timeout: 30_000 }).toBe(401);
    });
  });

  describe('sessions', () => {
    it('are listed to their owner, and ended one by one', async () => {
      await app.person('owner@north.example');
      await app.person('stranger@north.example');
      const stranger = await app.login('stranger@north.example');
      const [desk, phone] = [
        await app.login('owner@north.example', { from: '198.51.100.1' }),
        await app.login('owner@north.example', { from: '2001:db8::7' }),
      ];
      const token = desk.data.accessToken;
      const { data, body } = await app.call<SessionData[]>('GET', '/auth/sessions', { token });
      expect(data.map(({ address, userAgent, current }) => [address, userAgent, current])).toEqual([
        ['2001:db8::7', 'browser at 2001:db8::7', false],
        ['198.51.100.1', 'browser at 198.51.100.1', true],
      ]);
      expect(body).toMatchObject({ meta: { page: { nextCursor: null } } });
      const page = await app.call<SessionData[]>('GET', '/auth/sessions?limit=1', { token });
      const { nextCursor } = (page.body as { meta: { page: { nextCursor: string } } }).meta.page;
      const rest = await app.call<SessionData[]>('GET', `/auth/sessions?limit=1&cursor=${nextCursor}`, { token });
      expect([...page.data, ...rest.data]).toEqual(data);

      const path = `/auth/sessions/${data[0]!.id}`;
      expect(await app.call('DELETE', path, { token: stranger.data.accessToken })).toMatchObject({
        status: 404,
        code: 'SESSION_NOT_FOUND',
      });
      expect((await app.call('DELETE', path, { token })).status).toBe(204);
      expect((await app.call('DELETE', path, { token })).status).toBe(404);
      expect(await app.status(phone.data.accessToken)).toBe(401);
      expect((await app.refresh(phone.data.refreshToken)).status).toBe(401);
      expect(await app.status(token)).toBe(200);
    });

    it('end by signing out', async () => {
      const id = await app.person('out@north.example');
      const { data } = await app.login('out@north.example');
      expect(await app.call('POST', '/auth/logout', { token: data.accessToken })).toMatchObject({ status: 200 });
      expect(await app.status(data.accessToken)).toBe(401);
      expect((await app.refresh(data.refreshToken)).status).toBe(401);
      expect(await actions(id)).toEqual(expect.arrayContaining(['user.signed_out']));
    });
  });

  describe('the password', () => {
    const change = (token: string, currentPassword: string, newPassword: string) =>
      app.call('POST', '/auth/change-password', { token, body: { currentPassword, newPassword } });

    it('is changed by its owner, and all other sessions end', async () => {
      const id = await app.person('change@north.example');
      const [here, there] = [await app.login('change@north.example'), await app.login('change@north.example')];
      const token = here.data.accessToken;
      expect(await change(token, 'a wrong password', NEW_PASSWORD)).toMatchObject({
        status: 422,
        code: 'PASSWORD_WRONG',
        body: { errors: [{ path: 'currentPassword' }] },
      });
      expect(await change(token, PASSWORD, PASSWORD)).toMatchObject({ status: 422, code: 'PASSWORD_UNCHANGED' });
      expect(await change(token, PASSWORD, 'Password-12345')).toMatchObject({
        status: 422,
        code: 'PASSWORD_TOO_COMMON',
        body: { errors: [{ path: 'newPassword', code: 'PASSWORD_TOO_COMMON' }] },
      });
      expect((await change(token, PASSWORD, 'too short')).status).toBe(422);
      expect(await change(token, PASSWORD, NEW_PASSWORD)).toMatchObject({ status: 200, data: { sessionsEnded: 1 } });
      expect(await app.status(token)).toBe(200);
      expect(await app.status(there.data.accessToken)).toBe(401);
      expect((await app.login('change@north.example')).status).toBe(401);
      expect((await app.login('change@north.example', { password: NEW_PASSWORD })).status).toBe(200);
      expect(await actions(id)).toContain('user.password_changed');
    });

    it('is not to be guessed by whoever has found an open screen', async () => {
      await app.person('screen@north.example');
      const token = (await app.login('screen@north.example')).data.accessToken;
      for (let i = 0; i < 10; i++) expect((await change(token, `a wrong guess ${i}`, NEW_PASSWORD)).status).toBe(422);
      expect(await change(token, PASSWORD, NEW_PASSWORD)).toMatchObject({ status: 429, code: 'TOO_MANY_ATTEMPTS' });
    });
  });

  describe('the second factor', () => {
    const codeOf = (secret: string, steps = 0): string =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

    it('is asked for once it is confirmed, and every code is good once', async () => {
      const email = 'factor@north.example';
      const id = await app.person(email);
      const token = (await app.login(email)).data.accessToken;
      const post = <T>(path: string, body: unknown) =>
        app.call<T>('POST', `/auth/second-factor/${path}`, { token, body });
      expect(await post('enrol', { password: 'a wrong password' })).toMatchObject({
        status: 422,
        code: 'PASSWORD_WRONG',
      });
      const { data } = await post<{ secret: string; uri: string }>('enrol', { password: PASSWORD });
      expect(data.uri).toContain(data.secret);
      expect((await app.login(email)).status).toBe(200);
      expect(await post('confirm', { code: '000000' })).toMatchObject({ status: 422, code: 'SECOND_FACTOR_INVALID' });
      const confirmed = await post<{ recoveryCodes: string[] }>('confirm', { code: codeOf(data.secret) });
      expect(confirmed.data.recoveryCodes).toHaveLength(10);
      expect((await post('enrol', { password: PASSWORD })).code).toBe('SECOND_FACTOR_ENABLED');
      const { rows } = await db.transactions.query<{ secret: string }>(
        'select secret from second_factors where user_id = ?',
        [id],
      );
      expect(rows[0]!.secret).not.toContain(data.secret);

      expect(await app.login(email)).toMatchObject({ status: 401, code: 'SECOND_FACTOR_REQUIRED' });
      expect(await app.login(email, { password: 'a wrong password' })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      expect(await app.login(email, { code: '000000' })).toMatchObject({ status: 401, code: 'SECOND_FACTOR_INVALID' });
      const code = codeOf(data.secret, 1);
      const racing = await Promise.all([1, 2, 3].map(() => app.login(email, { code })));
      expect(racing.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);

      const [recovery] = confirmed.data.recoveryCodes as [string];
      expect((await app.login(email, { code: recovery.toUpperCase() })).status).toBe(200);
      expect((await app.login(email, { code: recovery })).code).toBe('SECOND_FACTOR_INVALID');
      const left = confirmed.data.recoveryCodes.slice(1);
      const state = await app.call('GET', '/auth/second-factor', { token });
      expect(state.data).toEqual({ enabled: true, recoveryCodesLeft: 9 });

      expect((await post('disable', { password: PASSWORD, code: '000000' })).status).toBe(422);
      const renewed = await post<{ recoveryCodes: string[] }>('recovery-codes', { password: PASSWORD, code: left[0] });
      expect((await app.login(email, { code: left[1]! })).status).toBe(401);
      const off = await post('disable', { password: PASSWORD, code: renewed.data.recoveryCodes[0] });
      expect(off.data).toEqual({ enabled: false, recoveryCodesLeft: 0 });
      expect((await app.login(email)).status).toBe(200);
      expect(await actions(id)).toEqual(
        expect.arrayContaining(['user.second_factor_enabled', 'user.second_factor_disabled', 'user.sign_in_failed']),
      );
    });

    it('is switched off by an administrator for somebody who lost it, and by nobody else', async () => {
      const email = 'lost@north.example';
      const id = await app.person(email);
      await app.person('helper@north.example', 'municipality_admin');
      const token = (await app.login(email)).data.accessToken;
      const admin = (await app.login('helper@north.example')).data.accessToken;
      const remove = (as: string) => app.call('DELETE', `/users/${id}/second-factor`, { token: as });
      expect(await remove(admin)).toMatchObject({ status: 409, code: 'SECOND_FACTOR_NOT_ENROLLED' });
      const body = { password: PASSWORD };
      const { data } = await app.call<{ secret: string }>('POST', '/auth/second-factor/enrol', { token, body });
      await app.call('POST', '/auth/second-factor/confirm', { token, body: { code: codeOf(data.secret) } });
      expect((await app.login(email)).code).toBe('SECOND_FACTOR_REQUIRED');
      expect((await remove(token)).status).toBe(403);
      expect((await remove(admin)).status).toBe(204);
      expect((await app.login(email)).status).toBe(200);
      expect(await actions(id)).toContain('user.second_factor_removed');
    });

    it('is not to be guessed: ten wrong codes lock the account', async () => {
      const email = 'guess@north.example';
      await app.person(email);
      const token = (await app.login(email)).data.accessToken;
      const body = { password: PASSWORD };
      const { data } = await app.call<{ secret: string }>('POST', '/auth/second-factor/enrol', { token, body });
      const confirm = { code: codeOf(data.secret) };
      expect((await app.call('POST', '/auth/second-factor/confirm', { token, body: confirm })).status).toBe(200);
      for (let i = 0; i < 10; i++) expect((await app.login(email, { code: `00000${i}` })).status).toBe(401);
      expect(await app.login(email, { code: codeOf(data.secret, 1) })).toMatchObject({
        status: 429,
        code: 'TOO_MANY_ATTEMPTS',
      });
    });
  });
});
