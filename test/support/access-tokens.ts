import { createHmac } from 'node:crypto';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../../src/auth/access-token.js';
import { keyIdOf } from '../../src/auth/token-keys.js';
import { newId } from '../../src/common/ids.js';
import type { Transactions } from '../../src/database/transaction.js';

/** What a token of a test may have otherwise than a good one. */
export interface Forgery {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs by hand; the default signs as the application does. */
  readonly sign?: (text: string) => string;
}

/** Signs a token by hand, to make also what no library would. */
export function signToken(secret: string, subject: string, sessionId: string, forgery: Forgery = {}): string {
  const iat = Math.floor(Date.now() / 1000);
  const header = { alg: 'HS256', typ: 'JWT', kid: keyIdOf(secret), ...forgery.header };
  const claims = {
    ...{ sub: subject, sid: sessionId, jti: newId(), iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, iat, exp: iat + 900 },
    ...forgery.claims,
  };
  const text = `${encode(header)}.${encode(claims)}`;
  const sign = forgery.sign ?? ((input: string) => createHmac('sha256', secret).update(input).digest('base64url'));
  return `${text}.${sign(text)}`;
}

/** A part of a token. */
export function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** A session of somebody who did not sign in by password; answers its id. Somebody who does not exist gets none. */
export async function openSession(transactions: Transactions, userId: string): Promise<string> {
  const id = newId();
  const instant = (ms: number): string => transactions.dialect.instant(ms);
  const now = Date.now();
  await transactions.query(
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
     select ?, id, ?, ?, ? from users where id = ?`,
    [id, instant(now), instant(now), instant(now + 86_400_000), userId],
  );
  return id;
}

/** An access token of a new session, as signing in gives one. @param expiresIn seconds */
export async function accessTokenOf(
  transactions: Transactions,
  secret: string,
  { subject, expiresIn }: { subject: string; expiresIn: number },
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + expiresIn;
  return signToken(secret, subject, await openSession(transactions, subject), { claims: { exp } });
}
