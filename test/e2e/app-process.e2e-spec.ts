import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/services/ports.mjs';
import { spawnApp } from '../../scripts/services/app.mjs';
import { testEnvironment } from '../support/app.js';
import { TestDatabase } from '../support/databases.js';
import { LiveApp, LiveClient } from '../support/live-app.js';
import { until } from '../support/live-log.js';

type Spawned = Awaited<ReturnType<typeof spawnApp>>;

const db = new TestDatabase('postgres');
let app: Spawned | undefined;
beforeAll(() => db.open());
afterEach(() => app?.stop());
afterAll(() => db.close());

function environment(env: Record<string, string> = {}): Record<string, string> {
  return testEnvironment({ env: { DATABASE_URL: db.url, LOG_LEVEL: 'info', ...env } });
}

/** How a process ends, once it does. */
function endOf(spawned: Spawned): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => (spawned.onExit = (code, signal) => resolve({ code, signal })));
}

function logLines(spawned: Spawned): Record<string, unknown>[] {
  const lines = readFileSync(spawned.logFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the process', () => {
  it('starts, says that it is ready, and shuts down in an orderly way on SIGTERM', async () => {
    app = await spawnApp({ env: environment() });
    const ready = await (await fetch(`${app.url}/ready`)).json();
    expect(ready).toEqual({ status: 'ready', services: { database: 'up', redis: 'up', mqtt: 'up' } });
    const ended = endOf(app);
    process.kill(app.pid, 'SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(logLines(app).at(-1)).toMatchObject({ level: 'info', msg: 'shut down' });
  });

  it('lets no live connection and no idle one keep it from shutting down', async () => {
    const maker = await LiveApp.start(db);
    const token = await maker.token('super_admin', null);
    await maker.close();
    app = await spawnApp({ env: environment() });
    const client = new LiveClient(app.url, token);
    await client.connected();
    const idle = connect(app.port, '127.0.0.1');
    await once(idle, 'connect');
    const half = connect(app.port, '127.0.0.1');
    half.write(
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    const ended = endOf(app);
    process.kill(app.pid, 'SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    await until(() => client.disconnects.length > 0);
    idle.destroy();
    half.destroy();
  });

  it('logs JSON lines only, with the request id of each request', async () => {
    app = await spawnApp({ env: environment() });
    await fetch(`${app.url}/api/v1/monitoring/health?token=s3cr3t`, {
      headers: { 'x-request-id': 'traced-1', authorization: 'Bearer s3cr3t' },
    });
    await fetch(`${app.url}/api/v1/devices`, { headers: { 'x-request-id': 'traced-2', 'x-api-key': 's3cr3t' } });
    const spawned = app;
    // A request's line is written when its connection has taken the answer.
    await until(() => logLines(spawned).some((line) => line['requestId'] === 'traced-2' && 'status' in line));
    const lines = logLines(app);
    expect(lines).toContainEqual(
      expect.objectContaining({ requestId: 'traced-1', path: '/api/v1/monitoring/health', status: 422 }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ requestId: 'traced-2', path: '/api/v1/devices', status: 401 }),
    );
    expect(JSON.stringify(lines)).not.toContain('s3cr3t');
  });

  it('refuses to start in production, and names every variable that is wrong or missing', async () => {
    const wrong = {
      NODE_ENV: 'production',
      JWT_SECRET: 'changeme-changeme-changeme-changeme',
      DATABASE_URL: 'oracle://h',
      PORT: '0',
    };
    const failure = await spawnApp({ env: { ...environment(), ...wrong, REDIS_URL: '', MQTT_URL: '' } }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    const { message } = failure as Error;
    for (const name of ['JWT_SECRET', 'ENCRYPTION_KEY', 'DATABASE_URL', 'REDIS_URL', 'MQTT_URL'])
      expect(message).toContain(`- ${name}: `);
    expect(message).not.toContain('changeme');
  });

  it('starts while its services are away, says so, and comes to no harm', async () => {
    const nowhere = await freePort();
    app = await spawnApp({
      env: environment({
        DATABASE_URL: `postgres://u:p@127.0.0.1:${nowhere}/d`,
        REDIS_URL: `redis://127.0.0.1:${nowhere}`,
        MQTT_URL: `mqtt://127.0.0.1:${nowhere}`,
      }),
      until: 'alive',
    });
    const ready = await fetch(`${app.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not_ready',
      services: { database: 'down', redis: 'down', mqtt: 'down' },
    });
    const login = await fetch(`${app.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'a@b.example', password: 'some password' }),
    });
    expect(login.status).toBe(503);
    expect(login.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await login.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });

  it('serves no API where it only takes readings in', async () => {
    app = await spawnApp({ env: environment({ ROLES: 'ingest' }) });
    expect((await fetch(`${app.url}/api/v1/monitoring/health`)).status).toBe(404);
    expect((await fetch(`${app.url}/docs-json`)).status).toBe(404);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });
});
