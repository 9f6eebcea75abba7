import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';
import { ThingsModule } from '../support/things-module.js';

const CORS_ORIGINS = 'https://control.example';
let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({
    roles: ['api'],
    module: (config) => ThingsModule.forRoot(config),
    env: { CORS_ORIGINS },
  });
});
afterAll(() => running.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function call(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Answer> {
  const { json, ...rest } = init;
  const posted =
    json === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
  const response = await fetch(running.url + path, { ...posted, ...rest });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** The directives of a content security policy by their names. */
function directivesOf(policy: string): Record<string, string> {
  return Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...values] = directive.trim().split(' ');
      return [name, values.join(' ')];
    }),
  );
}

/** What every problem has to have, whoever found it. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:hydroalert:problem:[a-z-]+$/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    code,
    requestId: answer.headers.get('x-request-id'),
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/\.[jt]s:\d|at \S+ \(/);
}

describe('answers', () => {
  it('come in an envelope with the request id, which the handler sees too', async () => {
    const thing = { name: 'gauge', values: [1.5] };
    const answer = await call('/api/v1/things', { json: thing });
    const requestId = answer.headers.get('x-request-id');
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ data: { ...thing, contextId: requestId }, meta: { requestId } });
    expect((await call('/api/v1/things/check', { json: {} })).status).toBe(200);
  });

  it('come bare where the route says so', async () => {
    expect((await call('/api/v1/things/raw')).body).toEqual({ bare: true });
  });

  it('come in pages', async () => {
    const first = await call('/api/v1/things?limit=2');
    const page = (first.body['meta'] as { page: { limit: number; nextCursor: string } }).page;
    expect(first.body['data']).toEqual([{ id: 1 }, { id: 2 }]);
    expect(page.limit).toBe(2);
    const last = await call(`/api/v1/things?limit=3&cursor=${page.nextCursor}`);
    expect(last.body).toMatchObject({
      data: [{ id: 3 }, { id: 4 }, { id: 5 }],
      meta: { page: { limit: 3, nextCursor: null } },
    });
  });

  it('keep a valid incoming request id and replace others', async () => {
    expect((await call('/api/v1/things', { headers: { 'x-request-id': 'my-id-1' } })).headers.get('x-request-id')).toBe(
      'my-id-1',
    );
    const replaced = await call('/api/v1/things', { headers: { 'x-request-id': 'no good!' } });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carry security headers', async () => {
    const { headers } = await call('/api/v1/things');
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(headers.get('x-powered-by')).toBeNull();
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('microphone=()'),
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringMatching(/^max-age=\d{8}$/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  it.each(['/', '/live.js', '/docs', '/docs/swagger-ui-bundle.js', '/docs-json', '/api/v1/things', '/api/v1/nothing'])(
    '%s runs no script but our own, and stands in no frame',
    async (path) => {
      const response = await fetch(running.url + path);
      await response.arrayBuffer();
      const policy = directivesOf(response.headers.get('content-security-policy') ?? '');
      expect(policy).toMatchObject({
        'default-src': "'self'",
        'script-src': "'self'",
        'script-src-attr': "'none'",
        'object-src': "'none'",
        'base-uri': "'none'",
        'form-action': "'self'",
        'frame-ancestors': "'none'",
        'connect-src': "'self'",
      });
      // Only the documentation brings styles of its own.
      expect(policy['style-src']).toBe(/^\/docs(\/|$)/.test(path) ? "'self' 'unsafe-inline'" : "'self'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('hold no inline script or style where they are pages', async () => {
    for (const path of ['/', '/docs']) {
      const page = await (await fetch(running.url + path)).text();
      const scripts = [...page.matchAll(/<script\b[^>]*>([^]*?)<\/script>/g)].map(([, inline]) => inline?.trim());
      expect(scripts.length).toBeGreaterThan(0);
      expect(scripts.filter((inline) => inline !== '')).toEqual([]);
      expect(page).not.toMatch(/\son[a-z]+\s*=\s*["']/i);
    }
  });

  it('may be read by the pages that are allowed, and by no others', async () => {
    const allowed = await call('/api/v1/things', { headers: { origin: CORS_ORIGINS } });
    expect(allowed.headers.get('access-control-allow-origin')).toBe(CORS_ORIGINS);
    const other = await call('/api/v1/things', { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
    const exposed = allowed.headers.get('access-control-expose-headers');
    for (const name of ['X-Request-Id', 'Retry-After', 'ETag', 'RateLimit', 'RateLimit-Policy']) {
      expect(exposed?.split(',')).toContain(name);
    }
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('are promised to the pages that are allowed, before they ask', async () => {
    const ask = (origin: string) =>
      call('/api/v1/things', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization,content-type,if-match',
        },
      });
    const allowed = await ask(CORS_ORIGINS);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(CORS_ORIGINS);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization,content-type,if-match');
    for (const origin of ['https://evil.example', 'https://control.example.evil.example', 'null']) {
      expect((await ask(origin)).headers.get('access-control-allow-origin')).not.toBe(origin);
    }
  });
});

describe('problems', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['GET', '/api/v1/nothing', 404],
    ['GET', '/api/v1', 404],
    ['PUT', '/api/v1/things/raw', 404],
    ['GET', '/nothing', 404],
    ['POST', '/', 404],
    ['GET', '/api/v2/things', 404],
  ])('%s %s is unknown', async (method, path, status) => {
    expectProblem(await call(path, { method }), status, 'NOT_FOUND');
  });

  it.each(['/api/v1/things', '/nothing'])('broken JSON at %s', async (path) => {
    const answer = await call(path, { method: 'POST', headers: json, body: '{"password": "hunter2", ' });
    expectProblem(answer, 400, 'MALFORMED_BODY');
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  });

  it('a body of 10 MB', async () => {
    const answer = await call('/api/v1/things', {
      method: 'POST',
      headers: json,
      body: `"${'x'.repeat(10 * 1024 * 1024)}"`,
    });
    expectProblem(answer, 413, 'PAYLOAD_TOO_LARGE');
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/xml'])('a body of type %s', async (type) => {
    const answer = await call('/api/v1/things', { method: 'POST', headers: { 'content-type': type }, body: '{}' });
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('takes JSON by its other names', async () => {
    const body = JSON.stringify({ name: 'gauge', values: [] });
    expect(
      (await call('/api/v1/things', { method: 'POST', headers: { 'content-type': 'application/senml+json' }, body }))
        .status,
    ).toBe(201);
  });

  it('fields that are not valid, each by its path', async () => {
    const answer = await call('/api/v1/things', { json: { name: 'x', values: [1, '2'] } });
    expectProblem(answer, 422, 'VALIDATION_FAILED');
    expect(answer.body['errors']).toEqual([
      { path: 'name', code: 'TOO_SMALL', message: expect.any(String) },
      { path: 'values.1', code: 'INVALID_TYPE', message: expect.any(String) },
    ]);
  });

  it.each([
    ['/api/v1/things?limit=0', 422, 'VALIDATION_FAILED'],
    ['/api/v1/things?limit=501', 422, 'VALIDATION_FAILED'],
    ['/api/v1/things?limit=1&limit=2', 422, 'VALIDATION_FAILED'],
    ['/api/v1/things?cursor=garbage', 400, 'CURSOR_INVALID'],
    ['/api/v1/things/no-uuid', 422, 'VALIDATION_FAILED'],
    ['/api/v1/things/%FF', 400, 'BAD_REQUEST'],
    ['/api/v1/things/fail/missing', 404, 'THING_NOT_FOUND'],
    ['/api/v1/things/fail/defect?token=abc', 500, 'INTERNAL_ERROR'],
  ])('%s', async (path, status, code) => {
    const answer = await call(path);
    expectProblem(answer, status, code);
    expect(JSON.stringify(answer.body)).not.toMatch(/token=|password/);
  });

  it.each([
    ['limited', 429, 'RATE_LIMITED', '7'],
    ['away', 503, 'DATABASE_UNAVAILABLE', '3'],
  ])('%s says when to try again', async (how, status, code, seconds) => {
    const answer = await call(`/api/v1/things/fail/${how}`);
    expectProblem(answer, status, code);
    expect(answer.headers.get('retry-after')).toBe(seconds);
  });

  it('a failure in mid-answer breaks the connection, since the answer is not whole', async () => {
    await expect(call('/api/v1/things/half')).rejects.toThrow();
    expect((await call('/api/v1/things')).status).toBe(200);
  });

  it('a __proto__ in a body harms nobody', async () => {
    const body = '{"name": "gauge", "values": [], "__proto__": {"polluted": true}}';
    expect((await call('/api/v1/things', { method: 'POST', headers: json, body })).status).toBe(201);
    expect({}).not.toHaveProperty('polluted');
  });
});
