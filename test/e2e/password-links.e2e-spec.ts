import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Transactions } from '../../src/database/transaction.js';
import { AccountAccess } from '../../src/users/account-access.js';
import { describeBothDatabases } from '../support/databases.js';
import { MailServer } from '../support/mail-server.js';
import { SignInApp } from '../support/sign-in-app.js';

const NEW_PASSWORD = 'seven grey herons by the weir';

describeBothDatabases((db) => {
  let mail: MailServer;
  let app: SignInApp;

  beforeAll(async () => {
    mail = await MailServer.start();
    app = await SignInApp.start(db, {
      SMTP_URL: mail.url,
      MAIL_FROM: 'HydroAlert <alerts@water.example>',
      PUBLIC_URL: 'https://water.example/',
    });
  });
  afterAll(async () => {
    await app.close();
    await mail.close();
  });

  const forgot = (email: string, from?: string) => app.call('POST', '/auth/forgot-password', { body: { email }, from });
  const reset = (token: string, newPassword = NEW_PASSWORD, from?: string) =>
    app.call('POST', '/auth/reset-password', { body: { token, newPassword }, from });
  async function linkFor(email: string, kind: string, count = 1): Promise<string> {
    await expect.poll(() => mail.to(email).length, { timeout: 30_000 }).toBe(count);
    return mail.linkTo(email, kind)!;
  }

  describe('a link to reset the password', () => {
    it('is sent to whoever has an account, is good once, and ends all sessions', async () => {
      const email = 'forgetful@north.example';
      await app.person(email);
      const { data: session } = await app.login(email);
      expect(await forgot(' Forgetful@North.example ')).toMatchObject({ status: 200, data: { accepted: true } });
      const token = await linkFor(email, 'reset');
      const [message] = mail.to(email);
      expect(message!.raw).toMatch(/^From: HydroAlert <alerts@water\.example>/m);
      expect(message!.raw).toContain('https://water.example/account.html#reset=');
      expect(await reset(token, 'hydroalert-2026')).toMatchObject({ status: 422, code: 'PASSWORD_TOO_COMMON' });
      const racing = await Promise.all([1, 2, 3].map(() => reset(token)));
      expect(racing.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
      expect(racing.find(({ status }) => status === 200)!.data).toEqual({ email });
      expect(await reset(token)).toMatchObject({ status: 401, code: 'LINK_INVALID' });
      expect(await app.status(session.accessToken)).toBe(401);
      expect((await app.login(email)).status).toBe(401);
      expect((await app.login(email, { password: NEW_PASSWORD })).status).toBe(200);
      const { rows } = await db.transactions.query<{ token_hash: string }>('select token_hash from one_time_tokens');
      expect(rows.map(({ token_hash: hash }) => hash)).not.toContain(token);
    });

    it('is asked for with the same answer by everybody, and not sent to nobody', async () => {
      const email = 'known@north.example';
      await app.person(email);
      const strip = ({ status, body }: { status: number; body: Record<string, unknown> }) => ({
        ...{ status, data: body['data'] },
      });
      const answers = [await forgot(email), await forgot('nobody@north.example')];
      expect(strip(answers[0]!)).toEqual(strip(answers[1]!));
      await linkFor(email, 'reset');
      expect(mail.to('nobody@north.example')).toEqual([]);
    });

    it('replaces the one before, and ends after its time', async () => {
      const email = 'twice@north.example';
      await app.person(email);
      await forgot(email);
      const first = await linkFor(email, 'reset');
      await forgot(email);
      const second = await linkFor(email, 'reset', 2);
      expect((await reset(first)).code).toBe('LINK_INVALID');
      const past = db.dialect.instant(Date.now() - 1000);
      await db.transactions.query('update one_time_tokens set expires_at = ?', [past]);
      expect((await reset(second)).code).toBe('LINK_INVALID');
    });

    it('is sent three times an hour at most, and tried no more often than a person would', async () => {
      const email = 'flooded@north.example';
      await app.person(email);
      for (let i = 0; i < 6; i++) expect((await forgot(email, `203.0.113.${i}`)).status).toBe(200);
      await app.person('last@north.example');
      await forgot('last@north.example', '203.0.113.50');
      await linkFor('last@north.example', 'reset');
      await linkFor(email, 'reset', 3);
      const guesses = [];
      for (let i = 0; i < 21; i++) guesses.push((await reset(`guess-${i}`, NEW_PASSWORD, '203.0.113.77')).status);
      expect(guesses).toEqual([...Array<number>(20).fill(401), 429]);
    });

    it('opens a locked account again', async () => {
      const email = 'locked@north.example';
      await app.person(email);
      for (let i = 0; i < 10; i++) await app.login(email, { password: 'wrong', from: `10.9.9.${i}` });
      expect((await app.login(email)).status).toBe(429);
      await expect.poll(() => mail.to(email).length, { timeout: 30_000 }).toBe(1);
      expect(mail.to(email)[0]!.raw).toContain('Subject: Sign-in to HydroAlert was locked');
      await forgot(email);
      expect((await reset(await linkFor(email, 'reset', 2))).status).toBe(200);
      expect((await app.login(email, { password: NEW_PASSWORD })).status).toBe(200);
    });

    it('arrives although the server is busy at first', async () => {
      const email = 'patient@north.example';
      await app.person(email);
      mail.refusals = 1;
      await forgot(email);
      expect((await reset(await linkFor(email, 'reset'))).status).toBe(200);
    });
  });

  describe('an invitation', () => {
    async function invite(email: string, name = 'Guest'): Promise<string> {
      const id = await app.person(email);
      await db.transactions.query(`update users set status = 'invited', password_hash = null, name = ? where id = ?`, [
        name,
        id,
      ]);
      await app.get(Transactions).run((tx) => app.get(AccountAccess).invite(tx, { id, email, name }));
      return id;
    }
    const accept = (token: string, name?: string) =>
      app.call('POST', '/auth/accept-invitation', { body: { token, newPassword: NEW_PASSWORD, name } });

    it('is taken up by choosing a password', async () => {
      const email = 'guest@north.example';
      await invite(email, 'Guest\r\nBcc: everybody@north.example');
      const token = await linkFor(email, 'invitation');
      const [message] = mail.to(email);
      expect(message!.to).toEqual([email]);
      expect(message!.raw.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc/m);
      expect((await app.login(email, { password: NEW_PASSWORD })).status).toBe(401);
      expect((await reset(token)).code).toBe('LINK_INVALID');
      expect(await accept(token, 'Gretel Guest')).toMatchObject({ status: 200, data: { email } });
      expect((await accept(token)).code).toBe('LINK_INVALID');
      const answer = await app.login(email, { password: NEW_PASSWORD });
      expect(answer).toMatchObject({ status: 200, data: { user: { name: 'Gretel Guest' } } });
    });

    it('ends with everything else that an administrator ends', async () => {
      const email = 'unwanted@north.example';
      const id = await invite(email);
      const token = await linkFor(email, 'invitation');
      await app.get(Transactions).run((tx) => app.get(AccountAccess).endSessions(tx, id));
      expect((await accept(token)).code).toBe('LINK_INVALID');
    });
  });
});
