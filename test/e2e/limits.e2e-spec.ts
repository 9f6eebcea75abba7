import { gzipSync } from 'node:zlib';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/cli/create-admin.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { TestDatabase } from '../support/databases.js';
import { until } from '../support/live-log.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';

const ADMIN = { email: 'root@country.example', password: 'a long enough pass phrase' };
const OTHER = { email: 'second@country.example', password: 'another long pass phrase' };
const LIMITS = { READ: 5, WRITE: 3, PUBLIC: 4, SIGN_IN: 3, INGEST: 2, CONNECT: 2, EXPORT: 1 };

const db = new TestDatabase('postgres');
const apps: TestApp[] = [];
let app: TestApp;
let device: Record<string, string>;

/** An application whose clients stand behind a proxy, so that a test chooses their addresses; all share their counters. */
async function start(env: Record<string, string> = {}): Promise<TestApp> {
  const limits = Object.entries(LIMITS).map(([name, value]) => [`RATE_LIMIT_${name}`, String(value)]);
  const common = { DATABASE_URL: db.url, TRUST_PROXY: '1', REDIS_KEY_PREFIX: `limits-${process.pid}:` };
  const running = await startTestApp({ roles: ['api'], env: { ...common, ...Object.fromEntries(limits), ...env } });
  apps.push(running);
  return running;
}

let addresses = 0;
/** An address that nobody used before. */
const newAddress = (): string => `198.51.${100 + Math.floor(++addresses / 250)}.${addresses % 250}`;

interface CallOptions {
  readonly at?: string;
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer<ArrayBuffer>;
  readonly to?: TestApp;
}

async function call(path: string, options: CallOptions = {}): Promise<Response & { json: Record<string, unknown> }> {
  const { at = newAddress(), method = 'GET', token, headers = {}, body, to = app } = options;
  const response = await fetch(to.url + path, {
    method,
    headers: {
      'x-forwarded-for': at,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body ?? null,
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as object) : {};
  return Object.assign(response, { json }) as Response & { json: Record<string, unknown> };
}

const statuses = async (times: number, one: () => Promise<Response>): Promise<number[]> => {
  const found: number[] = [];
  for (let i = 0; i < times; i++) found.push((await one()).status);
  return found;
};

async function signIn(account: typeof ADMIN, to = app): Promise<string> {
  const answer = await call('/api/v1/auth/login', { method: 'POST', body: JSON.stringify(account), to });
  return (answer.json['data'] as { accessToken: string }).accessToken;
}

beforeAll(async () => {
  await db.open();
  for (const account of [ADMIN, OTHER]) await createAdmin(db.config(), { ...account, name: 'Root' });
  // Made where nothing is limited.
  const generous = await startTestApp({ roles: ['api'], env: { DATABASE_URL: db.url } });
  const admin = await ApiClient.signIn(generous.url, ADMIN);
  const { id } = await admin.post<{ id: string }>('/municipalities', { code: 'limits', name: 'Limits' });
  const gauge = { deviceId: 'limits-gauge', name: 'Gauge', municipalityId: id, authMethods: ['api_key'] };
  const { credentials } = await admin.post<{ credentials: { apiKey: string } }>('/devices/register', gauge);
  await generous.close();
  device = { 'x-device-id': gauge.deviceId, 'x-api-key': credentials.apiKey };
  app = await start();
  const { commands } = app.app.get(RedisConnections, { strict: false });
  await until(() => commands.status === 'ready');
  const old = await commands.keys(`limits-${process.pid}:*`);
  if (old.length > 0) await commands.del(...old);
});
afterAll(async () => {
  for (const running of apps) await running.close();
  await db.close();
});

describe('requests', () => {
  it('of a person are counted wherever they come from, in all instances, and told in the headers', async () => {
    const [token, other] = [await signIn(ADMIN), await signIn(OTHER)];
    const first = await call('/api/v1/auth/me', { token });
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"read";q=5;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"read";r=4;t=\d+$/);
    expect(await statuses(4, () => call('/api/v1/devices', { token }))).toEqual([200, 200, 200, 200]);
    const refused = await call('/api/v1/auth/me', { token });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused.json).toMatchObject({ code: 'RATE_LIMITED', status: 429, requestId: expect.any(String) });
    expect(refused.headers.get('ratelimit')).toMatch(/^"read";r=0;t=\d+$/);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    const second = await start();
    const connections = second.app.get(RedisConnections, { strict: false });
    await until(() => connections.available);
    expect((await call('/api/v1/auth/me', { token, to: second })).status).toBe(429);
    // Somebody else, and another kind of request, are not concerned.
    expect((await call('/api/v1/auth/me', { token: other })).status).toBe(200);
    const write = await call('/api/v1/devices/no-such-device', { method: 'DELETE', token });
    expect([write.status, write.headers.get('ratelimit-policy')]).toEqual([404, '"write";q=3;w=60']);
  });

  it('that sign in are few for an address, and as many as there are addresses', async () => {
    const body = JSON.stringify({ ...ADMIN, password: 'a wrong pass phrase' });
    const at = newAddress();
    expect(await statuses(4, () => call('/api/v1/auth/login', { method: 'POST', body, at }))).toEqual([
      401, 401, 401, 429,
    ]);
    expect((await call('/api/v1/auth/login', { method: 'POST', body })).status).toBe(401);
  });

  it('with wrong credentials are counted for the address, without harm to others behind it', async () => {
    const at = newAddress();
    expect(await statuses(6, () => call('/api/v1/auth/me', { token: 'x.y.z', at }))).toEqual([
      401, 401, 401, 401, 429, 429,
    ]);
    const token = await signIn(OTHER);
    expect((await call('/api/v1/devices', { token, at })).status).toBe(200);
    // Without credentials nothing is looked at any more, not even the body.
    const refused = await call('/api/v1/devices/register', { method: 'POST', body: '{ broken', at });
    expect([refused.status, refused.json['code']]).toEqual([429, 'RATE_LIMITED']);
    // Whoever wants to sign in there has a limit of their own.
    expect((await call('/api/v1/auth/login', { method: 'POST', body: JSON.stringify(OTHER), at })).status).toBe(200);
  });

  it('of the broker are not counted, whoever else is at its address', async () => {
    const broker = await start({ BROKER_HOOK_TOKEN: 'only-for-tests-of-limits' });
    const at = newAddress();
    const body = JSON.stringify({ username: 'x', clientId: 'x', topic: 'sensors/x/data', access: 2 });
    const ask = () =>
      call('/api/v1/broker/acl', { method: 'POST', token: 'only-for-tests-of-limits', body, at, to: broker });
    expect(new Set(await statuses(10, ask))).toEqual(new Set([200]));
    expect((await call('/', { at, to: broker })).headers.get('ratelimit')).toMatch(/^"public";r=3;/);
  });

  it('of an IPv6 client are counted for its /64', async () => {
    const ask = (at: string) => call('/api/v1/monitoring/health', { at });
    expect((await Promise.all(['::1', '::2', ':a::3', '::4'].map((end) => ask(`2001:db8:7:7${end}`)))).length).toBe(4);
    expect((await ask('2001:db8:7:7:ffff:ffff:ffff:ffff')).status).toBe(429);
    expect((await ask('2001:db8:7:8::1')).status).toBe(200);
  });

  it('of a device are counted for the device', async () => {
    const post = () => call('/api/v1/readings', { method: 'POST', headers: device, body: '{"unknown_metric":1}' });
    const first = await post();
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([201, '"ingest";q=2;w=60']);
    expect(await statuses(2, post)).toEqual([201, 429]);
  });

  it('to pages and unknown paths are counted too, and probes never', async () => {
    const at = newAddress();
    const page = await call('/', { at });
    expect([page.status, page.headers.get('ratelimit')]).toEqual([200, expect.stringMatching(/^"public";r=3;t=\d+$/)]);
    expect(await statuses(3, () => call('/nothing', { at }))).toEqual([404, 404, 404]);
    const refused = await call('/docs-json', { at });
    expect([refused.status, refused.json['code']]).toEqual([429, 'RATE_LIMITED']);
    const unknown = newAddress();
    expect(await statuses(5, () => call('/api/v1/nothing', { at: unknown }))).toEqual([404, 404, 404, 404, 404]);
    // They are counted after they were answered.
    await expect.poll(async () => (await call('/api/v1/monitoring/health', { at: unknown })).status).toBe(429);
    for (const probe of ['/health', '/ready']) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => call(probe, { at })));
      expect(answers.every(({ status, headers }) => status !== 429 && !headers.has('ratelimit'))).toBe(true);
    }
  });

  it('are counted per process while Redis is away', async () => {
    const alone = await start({ REDIS_URL: 'redis://127.0.0.1:1' });
    const at = newAddress();
    expect(await statuses(5, () => call('/api/v1/monitoring/health', { at, to: alone }))).toEqual([
      200, 200, 200, 200, 429,
    ]);
  });

  it('are not counted where the limit is 0', async () => {
    const open = await start({ RATE_LIMIT_PUBLIC: '0' });
    const answer = await call('/api/v1/monitoring/health', { to: open });
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
  });
});

describe('WebSocket connections', () => {
  it('are counted for the address behind the proxy', async () => {
    const at = newAddress();
    const refusal = async (address: string): Promise<unknown> => {
      const socket = io(app.url, {
        path: '/ws',
        transports: ['websocket'],
        auth: { token: 'wrong' },
        reconnection: false,
        forceNew: true,
        extraHeaders: { 'x-forwarded-for': address },
      });
      try {
        const error = await new Promise<Error & { data?: unknown }>((resolve) => socket.once('connect_error', resolve));
        return (error.data as { code?: string } | undefined)?.code;
      } finally {
        socket.disconnect();
      }
    };
    expect([await refusal(at), await refusal(at), await refusal(at), await refusal(newAddress())]).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
      'UNAUTHENTICATED',
    ]);
  });
});

describe('sizes', () => {
  const login = (body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
    call('/api/v1/auth/login', { method: 'POST', body, headers });

  it('of headers and addresses are limited', async () => {
    const large = { 'x-large': 'x'.repeat(17 * 1024) };
    expect((await call('/api/v1/monitoring/health', { headers: large })).status).toBe(431);
    const long = await call(`/api/v1/monitoring/health?${'x'.repeat(9 * 1024)}`);
    expect([long.status, long.json['code']]).toEqual([414, 'URL_TOO_LONG']);
    expect(app.app.getHttpServer()).toMatchObject({
      maxHeaderSize: 16_384,
      maxHeadersCount: 100,
      headersTimeout: 30_000,
      requestTimeout: 120_000,
    });
  });

  it('of bodies are limited after they were unpacked', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, ' '));
    expect(bomb.length).toBeLessThan(150_000);
    const refused = await login(bomb, gzip);
    expect([refused.status, refused.json['code']]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const token = await login(gzipSync(JSON.stringify({ ...ADMIN })), gzip);
    expect(token.status).toBe(200);
    expect((await login(Buffer.from('no gzip'), gzip)).status).toBe(400);
    expect((await login('{}', { 'content-encoding': 'zip' })).status).toBe(415);
  });

  it.each([
    ['lists', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['objects', '{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000)],
    ['a field', `{"email":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('of bodies are limited in depth: %s', async (_, body) => {
    const answer = await login(body);
    expect([answer.status, answer.json['code']]).toEqual([422, 'VALIDATION_FAILED']);
    expect(answer.json['errors']).toEqual([expect.objectContaining({ code: 'TOO_DEEP' })]);
  });
});
