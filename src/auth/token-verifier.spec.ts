import { createHmac, generateKeyPairSync } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../common/clock.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import type { AppConfig } from '../config/app-config.js';
import type { RegistryVersion } from '../database/registry-version.js';
import type { Principal } from '../users/principal.js';
import type { Principals } from '../users/principals.js';
import { permissionsOf } from '../users/role-permissions.js';
import { PrincipalCache } from './principal-cache.js';
import type { SessionStore } from './sessions/session-store.js';
import { TokenIssuer } from './token-issuer.js';
import { keyIdOf, TokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'kJ8vQ2mZ4xT7wB1nR5yC9sL3dF6gH0pA';
const OLD_SECRET = 'pR3xW8kN5vD1qZ7mT4yB9hJ2cG6fL0sE';
const SESSION = '0199c1a4-6666-7a43-9d4e-1f0c7b9a2d11';
const ADA: Principal = {
  id: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d11',
  email: 'ada@sollen.example',
  name: 'Ada',
  superAdmin: false,
  memberships: [],
  permissions: permissionsOf('operator'),
};

const clock = new SystemClock();
const jwt = new JwtService({});
const principals = { find: (id: string) => Promise.resolve(id === ADA.id ? ADA : null) } as unknown as Principals;
const sessions = { isLive: (id: string) => Promise.resolve(id === SESSION) } as unknown as SessionStore;
const registry = { onSessionsEnded: () => {} } as unknown as RegistryVersion;
const config = {
  auth: { jwtSecret: SECRET, jwtPreviousSecrets: [OLD_SECRET], accessTtlSeconds: 900 },
} as unknown as AppConfig;
const keys = new TokenKeys(config);
const verifier = new TokenVerifier(jwt, keys, new PrincipalCache(principals, sessions, clock, registry), clock);
const issuer = new TokenIssuer(jwt, keys, clock, config);

const now = (): number => Math.floor(Date.now() / 1000);

/** Claims of a good token; each test spoils one thing. */
const claims = (): Record<string, unknown> => ({
  sub: ADA.id,
  sid: SESSION,
  jti: '0199c1a4-7777-7a43-9d4e-1f0c7b9a2d11',
  iss: 'hydroalert',
  aud: 'hydroalert-api',
  iat: now(),
  exp: now() + 60,
});

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Signs by hand, to make what no library would. */
function token(payload: unknown, header: Record<string, unknown> = {}, key: string = SECRET, hash = 'sha256') {
  const text = `${encode({ alg: 'HS256', typ: 'JWT', kid: keyIdOf(SECRET), ...header })}.${encode(payload)}`;
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
}

describe('TokenVerifier', () => {
  it('knows the person by a token that was issued at sign-in', async () => {
    const { accessToken, expiresIn } = await issuer.issue(ADA.id, SESSION);
    const user = await verifier.verify(accessToken);
    expect(user).toMatchObject({ id: ADA.id, sessionId: SESSION, superAdmin: false });
    const { iat, exp } = jwt.decode<{ iat: number; exp: number }>(accessToken);
    expect([exp - iat, user.tokenExpiresAt]).toEqual([expiresIn, exp * 1000]);
  });

  it('takes a token made by hand when everything is right', async () => {
    expect((await verifier.verify(token(claims()))).id).toBe(ADA.id);
  });

  it('takes a token that was signed with the secret before, and signs none with it', async () => {
    const old = token(claims(), { kid: keyIdOf(OLD_SECRET) }, OLD_SECRET);
    expect((await verifier.verify(old)).id).toBe(ADA.id);
    const { accessToken } = await issuer.issue(ADA.id, SESSION);
    expect(jwt.decode<{ header: { kid: string } }>(accessToken, { complete: true }).header.kid).toBe(keyIdOf(SECRET));
  });

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const without = (name: string): unknown => ({ ...claims(), [name]: undefined });
  const good = token(claims());
  const tampered = encode({ ...claims(), sub: '0199c1a4-9999-7a43-9d4e-1f0c7b9a2d11' });

  it.each([
    ['no text at all', ''],
    ['no token', 'abc'],
    ['alg none', `${encode({ alg: 'none', kid: keyIdOf(SECRET) })}.${encode(claims())}.`],
    ['alg None in another spelling', `${encode({ alg: 'nOnE', kid: keyIdOf(SECRET) })}.${encode(claims())}.`],
    ['alg none with a good signature', token(claims(), { alg: 'none' })],
    ['another secret', token(claims(), undefined, 'another secret that is long enough 1234')],
    ['an empty secret', token(claims(), undefined, '')],
    ['HS384 with our secret', token(claims(), { alg: 'HS384' }, SECRET, 'sha384')],
    ['HS512 with our secret', token(claims(), { alg: 'HS512' }, SECRET, 'sha512')],
    [
      'RS256',
      new JwtService({ privateKey: privatePem }).sign(claims(), { algorithm: 'RS256', keyid: keyIdOf(SECRET) }),
    ],
    ['HS256 signed with a public key', token(claims(), undefined, publicPem)],
    ['no key id', token(claims(), { kid: undefined })],
    ['an unknown key id', token(claims(), { kid: 'somebody-elses' })],
    ['the key id of the other secret', token(claims(), { kid: keyIdOf(OLD_SECRET) })],
    ['a key id that is a name of every object', token(claims(), { kid: '__proto__' })],
    ['a key id that is no text', token(claims(), { kid: [keyIdOf(SECRET)] })],
    ['an endless header', token(claims(), { x5c: 'x'.repeat(10_000) })],
    ['a session that has ended', token({ ...claims(), sid: '0199c1a4-8888-7a43-9d4e-1f0c7b9a2d11' })],
    ['no session', token(without('sid'))],
    ['another issuer', token({ ...claims(), iss: 'somebody-else' })],
    ['no issuer', token(without('iss'))],
    ['another audience', token({ ...claims(), aud: 'another-api' })],
    ['no audience', token(without('aud'))],
    ['expired', token({ ...claims(), iat: now() - 120, exp: now() - 60 })],
    ['without an end', token(without('exp'))],
    ['not valid yet', token({ ...claims(), nbf: now() + 600 })],
    ['issued in the future', token({ ...claims(), iat: now() + 600, exp: now() + 1200 })],
    ['without an id', token(without('jti'))],
    ['a subject that is no id', token({ ...claims(), sub: "' or 1=1 --" })],
    ['an unknown person', token({ ...claims(), sub: '0199c1a4-9999-7a43-9d4e-1f0c7b9a2d11' })],
    ['tampered claims', `${good.split('.')[0]}.${tampered}.${good.split('.')[2]}`],
    ['a cut signature', good.slice(0, -4)],
    ['a payload that is no object', token('hello')],
  ])('refuses %s', async (_, bad) => {
    await expect(verifier.verify(bad)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  it('goes by the role of the account, not by that of the token', async () => {
    const user = await verifier.verify(token({ ...claims(), role: 'super_admin', superAdmin: true }));
    expect(user.superAdmin).toBe(false);
    expect(user.permissions.has('municipality:write')).toBe(false);
  });

  it('refuses on a long connection as soon as the token has ended', async () => {
    const user = await verifier.verify(good);
    expect((await verifier.current(user)).id).toBe(ADA.id);
    await expect(verifier.current({ ...user, tokenExpiresAt: Date.now() - 1 })).rejects.toThrow(UnauthenticatedError);
  });
});
