import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyIdOf } from '../../src/auth/token-keys.js';
import { newId } from '../../src/common/ids.js';
import { SessionStore } from '../../src/auth/sessions/session-store.js';
import { encode, openSession, signToken, type Forgery } from '../support/access-tokens.js';
import { describeBothDatabases } from '../support/databases.js';
import { LiveApp } from '../support/live-app.js';

const SECRET = 'wG6nQ2zK9vX4mB7tR1yH8cJ5pL3dF0sA';
const OLD_SECRET = 'tN8bV3xC6mZ1qW5eR9yU2iO7pA4sD0fG';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PUBLIC_PEM = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const hmac = (secret: string, hash = 'sha256') => ({
  sign: (text: string): string => createHmac(hash, secret).update(text).digest('base64url'),
});
const seconds = (): number => Math.floor(Date.now() / 1000);

/** Everything that was ever used to get in by a token that is none, each as the one thing that is wrong. */
const FORGERIES: readonly (readonly [string, Forgery])[] = [
  ['alg none, unsigned', { header: { alg: 'none' }, sign: () => '' }],
  ['alg none in another spelling', { header: { alg: 'NoNe' }, sign: () => '' }],
  ['alg none with a good signature', { header: { alg: 'none' } }],
  ['no signature', { sign: () => '' }],
  ['no algorithm', { header: { alg: undefined } }],
  ['HS384 with our secret', { header: { alg: 'HS384' }, ...hmac(SECRET, 'sha384') }],
  ['HS512 with our secret', { header: { alg: 'HS512' }, ...hmac(SECRET, 'sha512') }],
  ['RS256 by a key of their own', { header: { alg: 'RS256' }, sign: (text) => sign(text) }],
  ['RS256 in the header, HMAC by the public key', { header: { alg: 'RS256' }, ...hmac(PUBLIC_PEM) }],
  ['HS256 by a public key', hmac(PUBLIC_PEM)],
  ['a key brought along (jwk)', { header: { jwk: { kty: 'oct', k: encode('x') } }, ...hmac('x') }],
  ['a key to be fetched (jku)', { header: { jku: 'https://evil.example/keys' }, ...hmac('x') }],
  ['another secret', hmac('another secret that is long enough')],
  ['an empty secret', hmac('')],
  ['the name of the key as secret', hmac(keyIdOf(SECRET))],
  ['no kid', { header: { kid: undefined } }],
  ['an unknown kid', { header: { kid: 'unknown' } }],
  ['a kid that is a path', { header: { kid: '../../../../dev/null' }, ...hmac('') }],
  ['a kid that is SQL', { header: { kid: "x' union select 'x" }, ...hmac('x') }],
  ['a kid that every object has', { header: { kid: '__proto__' } }],
  ['the kid of the secret before', { header: { kid: keyIdOf(OLD_SECRET) } }],
  ['another issuer', { claims: { iss: 'elsewhere' } }],
  ['no issuer', { claims: { iss: undefined } }],
  ['another audience', { claims: { aud: 'elsewhere' } }],
  ['no audience', { claims: { aud: undefined } }],
  ['an end that has passed', { claims: { iat: seconds() - 7200, exp: seconds() - 1 } }],
  ['no end', { claims: { exp: undefined } }],
  ['an end that is no number', { claims: { exp: 'never' } }],
  ['a beginning to come (iat)', { claims: { iat: seconds() + 3600, exp: seconds() + 7200 } }],
  ['a beginning to come (nbf)', { claims: { nbf: seconds() + 3600 } }],
  ['no session', { claims: { sid: undefined } }],
  ['a session that never was', { claims: { sid: newId() } }],
  ['another person than the session has', { claims: { sub: newId() } }],
  ['a subject that is SQL', { claims: { sub: "' or 1=1 --" } }],
  ['no id', { claims: { jti: undefined } }],
];

function sign(text: string): string {
  return createSign('sha256').update(text).sign(privateKey, 'base64url');
}

describeBothDatabases((db) => {
  let live: LiveApp;
  let [subject, session] = ['', ''];

  beforeAll(async () => {
    live = await LiveApp.start(db, { JWT_SECRET: SECRET, JWT_PREVIOUS_SECRETS: OLD_SECRET });
    subject = await live.makeUser('super_admin', null);
    session = await openSession(live.transactions, subject);
  });
  afterAll(() => live.close());

  const status = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${live.running.url}/api/v1/auth/me`, { headers })).status;
  };

  async function expectRefused(token: string): Promise<void> {
    expect(await status(token)).toBe(401);
    await expect(live.connect(token)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
  }

  it('takes a token as the application signs it, and one that was signed with the secret before', async () => {
    for (const secret of [SECRET, OLD_SECRET]) {
      const token = signToken(secret, subject, session);
      expect(await status(token)).toBe(200);
      (await live.connect(token)).socket.disconnect();
    }
  });

  it.each(FORGERIES)('refuses %s, over HTTP and WebSocket', async (_, forgery) => {
    await expectRefused(signToken(SECRET, subject, session, forgery));
  });

  it('refuses a token that was tampered with', async () => {
    const [header, claims, signature] = signToken(SECRET, subject, session).split('.') as [string, string, string];
    const other = await live.makeUser('super_admin', null);
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    const changed = encode({ ...read, sub: other });
    for (const parts of [
      [header, changed, signature],
      [header, claims, signature.slice(0, -4)],
      [header, claims, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
      [encode({ alg: 'HS256', kid: keyIdOf(SECRET), typ: 'other' }), claims, signature],
      [header, claims],
      [header, claims, signature, signature],
      ['', claims, signature],
      ['!', claims, signature],
    ]) {
      await expectRefused(parts.join('.'));
    }
  });

  it('refuses a token whose session has ended, on every door', async () => {
    const id = await openSession(live.transactions, subject);
    const token = signToken(SECRET, subject, id);
    const client = await live.connect(token);
    expect(await status(token)).toBe(200);
    await live.transactions.run((tx) => live.get(SessionStore).end(tx, subject, id, 'ended_by_user'));
    await expectRefused(token);
    await expect.poll(() => client.disconnects.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(client.exceptions.map(({ error }) => error.code)).toEqual(['SESSION_ENDED']);
  });
});
