const BASE = '/api/v1';
const STORED = 'hydroalert.session';
/** An access token is renewed when it has less than this left. */
const MARGIN_MS = 60_000;
const CLAIM_MS = 2_000;

/** What the server refused, with its stable code. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.errors?.[0]?.message ? `${body.detail} (${body.errors[0].message})` : messageOf(body));
    this.status = status;
    this.code = body?.code ?? 'UNKNOWN';
  }
}

/** Who is signed in here, until the tab is closed; null when nobody is. The access token may have ended. */
export function readSession() {
  try {
    const session = JSON.parse(sessionStorage.getItem(STORED));
    return session?.refreshToken ? session : null;
  } catch {
    return null;
  }
}

/**
 * Whether no other tab uses this session. A duplicated tab has a copy of it, and two that renew it with the same token
 * look to the server like a thief. Where the browser has no locks (plain HTTP), nobody can tell.
 */
export function claim(session) {
  if (!navigator.locks) return Promise.resolve(true);
  const name = `hydroalert:${session.key}`;
  return new Promise((resolve) => {
    const held = new Promise(() => {});
    navigator.locks
      // Not at once: the page that is being reloaded gives its lock up a little later.
      .request(name, { signal: AbortSignal.timeout(CLAIM_MS) }, () => {
        resolve(true);
        return held;
      })
      .catch(() => resolve(false));
  });
}

/** @param {string | undefined} code of the second factor @throws Problem */
export async function signIn(email, password, code) {
  const session = { key: `${Date.now()}-${Math.random()}` };
  keep(session, await send('/auth/login', { email, password, ...(code ? { code } : {}) }));
  await claim(session);
  return session;
}

/** Forgets who is signed in, here and, if it can be reached, on the server. */
export function signOut(session) {
  sessionStorage.removeItem(STORED);
  if (session) void call(session, 'POST', '/auth/logout').catch(() => undefined);
}

export function endSession() {
  sessionStorage.removeItem(STORED);
}

/**
 * An access token that is good for a while; `renew` asks for another one than before. @throws Problem 401 when the
 * session has ended
 */
export async function freshToken(session, renew = false) {
  if (renew || session.expiresAt - Date.now() < MARGIN_MS) await renewOnce(session);
  return session.token;
}

/** One record or answer. @throws Problem */
export async function get(session, path, query = {}) {
  return (await call(session, 'GET', `${path}${queryText(query)}`)).data;
}

/** All pages of a list, up to `most` items. @throws Problem */
export async function list(session, path, query = {}, most = 20_000) {
  const items = [];
  let cursor;
  do {
    const { data, meta } = await call(session, 'GET', `${path}${queryText({ limit: 500, ...query, cursor })}`);
    items.push(...data);
    cursor = meta.page?.nextCursor;
  } while (cursor && items.length < most);
  return items;
}

/** @throws Problem */
export async function post(session, path, body) {
  return (await call(session, 'POST', path, body)).data;
}

/** The same for what nobody has to be signed in for. @throws Problem */
export async function send(path, body) {
  return (await request(null, 'POST', path, body)).data;
}

function queryText(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** Renews the token before it ends, and once more when the server no longer takes it. */
async function call(session, method, path, body) {
  const token = await freshToken(session);
  try {
    return await request(token, method, path, body);
  } catch (error) {
    if (error.status !== 401) throw error;
    return request(await freshToken(session, session.token === token), method, path, body);
  }
}

/** A refresh token is good for one use, so that everybody who needs a token waits for the same renewal. */
function renewOnce(session) {
  session.renewal ??= send('/auth/refresh', { refreshToken: session.refreshToken })
    .then((answer) => keep(session, answer))
    .finally(() => (session.renewal = undefined));
  return session.renewal;
}

function keep(session, { accessToken, refreshToken, expiresIn, user }) {
  Object.assign(session, { token: accessToken, refreshToken, user, expiresAt: Date.now() + expiresIn * 1000 });
  sessionStorage.setItem(STORED, JSON.stringify({ ...session, renewal: undefined }));
}

async function request(token, method, path, body) {
  const headers = { accept: 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Problem(0, { detail: 'The server cannot be reached.', code: 'UNREACHABLE' });
  }
  const content = await answer.json().catch(() => null);
  if (!answer.ok || !content) throw new Problem(answer.status, content);
  return content;
}

function messageOf(body) {
  return body?.detail ?? body?.title ?? 'The server did not answer as expected.';
}
