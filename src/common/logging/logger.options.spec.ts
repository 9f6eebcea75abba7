import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { pino, type DestinationStream, type LoggerOptions } from 'pino';
import { pinoHttp, type Options } from 'pino-http';
import { describe, expect, it } from 'vitest';
import { runWithRequestContext } from '../request-context/request-context.js';
import { loggerParams } from './logger.options.js';

interface Line extends Record<string, unknown> {
  readonly msg: string;
}

/** A logger with the options of the application, and the lines that came out of it. */
function capture(level: 'info' | 'debug' = 'info') {
  const texts: string[] = [];
  const output: DestinationStream = { write: (text) => void texts.push(text) };
  const [options] = loggerParams({ level }, output).pinoHttp as [Options, DestinationStream];
  const lines = () => texts.map((text) => JSON.parse(text) as Line);
  return { texts, lines, options, output, logger: pino(options as LoggerOptions, output) };
}

describe('log lines', () => {
  it('are JSON with a time, a level and the request id of their context', () => {
    const { logger, lines } = capture();
    runWithRequestContext({ requestId: 'r1' }, () => logger.info({ rows: 3 }, 'stored'));
    logger.info('outside');
    expect(lines()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/Z$/),
      requestId: 'r1',
      rows: 3,
      msg: 'stored',
    });
    expect(lines()[1]).not.toHaveProperty('requestId');
  });

  it('hold no secret, at whatever depth and under whatever name', () => {
    const { logger, texts } = capture();
    const secrets = {
      authorization: 'Bearer s3cr3t',
      headers: { Cookie: 's3cr3t', 'set-cookie': ['s3cr3t'], 'x-api-key': 's3cr3t', 'X-Signature': 's3cr3t' },
      body: { password: 's3cr3t', currentPassword: 's3cr3t', deep: [{ apiKey: 's3cr3t', hmac: { secret: 's3cr3t' } }] },
      accessToken: 's3cr3t',
      refresh_token: 's3cr3t',
      token: 's3cr3t',
      jwtSecret: 's3cr3t',
      privateKeyPem: 's3cr3t',
      credentials: { mqtt: { password: 's3cr3t' } },
      databaseUrl: 'postgres://u:s3cr3t@h/d',
      key: Buffer.from('s3cr3t'),
    };
    logger.info(secrets, 'signed in');
    logger.info({ request: { secrets } });
    logger.child({ module: 'x' }).warn({ ...secrets }, 'again');
    expect(texts).toHaveLength(3);
    expect(texts.join('')).not.toContain('s3cr3t');
    expect(texts.join('')).not.toContain(Buffer.from('s3cr3t').toString('base64'));
  });

  it('hold no secret in texts and errors', () => {
    const { logger, texts } = capture();
    const cause = Object.assign(new Error('cannot reach redis://:s3cr3t@h:6379'), {
      code: 'ECONNREFUSED',
      params: ['s3cr3t'],
    });
    const error = Object.assign(new Error('insert failed: $argon2id$v=19$m=1$s3cr3t', { cause }), {
      sql: 's3cr3t',
      request: { body: 's3cr3t' },
    });
    logger.error({ err: error }, 'with postgres://user:s3cr3t@h/d and Authorization: Bearer s3cr3t.s3cr3t');
    logger.error(error);
    logger.error(new AggregateError([cause], 'all failed for mysql://root:s3cr3t@h/d'));
    logger.error('token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzM2NyM3QifQ.s3cr3t was refused');
    expect(texts).toHaveLength(4);
    expect(texts.join('')).not.toContain('s3cr3t');
    expect(texts[0]).toContain('ECONNREFUSED');
    expect(texts[0]).toContain('"type":"Error"');
  });

  it('keep what is no secret', () => {
    const { logger, lines } = capture();
    logger.info(
      { deviceId: 'GW-1', monkey: 1, sensor: { code: 'water_level_cm' }, at: new Date(0) },
      'mqtt://h:1883 is up',
    );
    expect(lines()[0]).toMatchObject({
      deviceId: 'GW-1',
      monkey: 1,
      sensor: { code: 'water_level_cm' },
      at: '1970-01-01T00:00:00.000Z',
      msg: 'mqtt://h:1883 is up',
    });
  });

  it('survive cycles, big integers and long lists', () => {
    const { logger, lines } = capture();
    const cyclic: Record<string, unknown> = { big: 10n, list: Array.from({ length: 1000 }, () => 1) };
    cyclic['self'] = cyclic;
    logger.info({ cyclic });
    expect(lines()[0]).toMatchObject({ cyclic: { big: '10' } });
    expect((lines()[0]?.['cyclic'] as { list: number[] }).list).toHaveLength(50);
  });

  it('go to a file as well when one is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const file = join(folder, 'deep', 'app.log');
    const [options, output] = loggerParams({ level: 'error', file }).pinoHttp as [LoggerOptions, DestinationStream];
    pino(options, output).error('to both');
    expect(readFileSync(file, 'utf8')).toContain('"msg":"to both"');
    rmSync(folder, { recursive: true });
  });
});

describe('request lines', () => {
  it('name the request once, without its query and headers', async () => {
    const { options, output, lines, texts } = capture();
    const log = pinoHttp(options, output);
    const server = createServer((request, response) => {
      runWithRequestContext({ requestId: 'r1' }, () => {
        log(request, response);
        request.log.info('inside');
        response.statusCode = request.url === '/broken' ? 500 : 200;
        response.end('x');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await fetch(`${url}/things?token=s3cr3t`, { headers: { authorization: 'Bearer s3cr3t', cookie: 's3cr3t' } });
    await fetch(`${url}/broken`);
    await fetch(`${url}/health`);
    server.close();
    await once(server, 'close');

    expect(texts.join('')).not.toContain('s3cr3t');
    expect(texts.every((text) => text.split('"requestId"').length === 2)).toBe(true);
    const answered = lines().filter(({ msg }) => msg !== 'inside');
    expect(answered).toEqual([
      expect.objectContaining({
        level: 'info',
        requestId: 'r1',
        method: 'GET',
        path: '/things',
        status: 200,
        msg: 'request answered',
      }),
      expect.objectContaining({ level: 'error', requestId: 'r1', path: '/broken', status: 500, msg: 'request failed' }),
    ]);
  });
});
