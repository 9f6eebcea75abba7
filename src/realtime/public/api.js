const BASE = '/api/v1';
const STORED = 'hydroalert.session';

/** What the server refused, with its stable code. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.title ?? 'The server did not answer as expected.');
    this.status = status;
    this.code = body?.code ?? 'UNKNOWN';
  }
}

/** Who is signed in here, until the tab is closed; null when nobody is. */
export function readSession() {
  try {
    const session = JSON.parse(sessionStorage.getItem(STORED));
    return session && session.expiresAt > Date.now() ? session : null;
  } catch {
    return null;
  }
}

export function endSession() {
  sessionStorage.removeItem(STORED);
}

/** @throws Problem */
export async function signIn(email, password) {
  const { data } = await call(null, 'POST', '/auth/login', { email, password });
  const session = { token: data.accessToken, user: data.user, expiresAt: Date.now() + data.expiresIn * 1000 };
  sessionStorage.setItem(STORED, JSON.stringify(session));
  return session;
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

function queryText(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

async function call(session, method, path, body) {
  const headers = { accept: 'application/json' };
  if (session) headers.authorization = `Bearer ${session.token}`;
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
