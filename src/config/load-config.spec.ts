import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.error.js';
import type { Environment } from './env-reader.js';
import { parseConfig, readConfig } from './load-config.js';

const JWT_SECRET = 'qN4vR8xWc2Lk7TzY1mJp5HbG9dFs3AeU0oXi6BnC';
const ENCRYPTION_KEY = 'k3J9x0Vq7bT2mWc8RzLpY4sHnA6dFgEu1iXoBvCtQ5M=';
const PRODUCTION: Environment = {
  DATABASE_URL: 'postgres://u:p@h/d',
  REDIS_URL: 'redis://r:6379',
  MQTT_URL: 'mqtts://m:8883',
  JWT_SECRET,
  ENCRYPTION_KEY,
};

function problemsOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(readConfig(environment).problems.map(({ variable, message }) => [variable, message]));
}

describe('parseConfig', () => {
  it('starts in production with the few variables that have no default', () => {
    const config = parseConfig(PRODUCTION);
    expect(config.isProduction).toBe(true);
    expect(config.http).toEqual({
      host: '0.0.0.0',
      port: 3000,
      trustProxy: false,
      corsOrigins: [],
      shutdownTimeoutSeconds: 25,
    });
    expect([...config.roles]).toEqual(['api', 'ingest', 'worker']);
    expect(config.auth).toMatchObject({ accessTtlSeconds: 900, refreshTtlSeconds: 30 * 86_400 });
    expect(config.auth.encryptionKey).toHaveLength(32);
    expect(config.redis).toEqual({ url: 'redis://r:6379', keyPrefix: 'hydroalert:' });
    expect(config.logging).toEqual({ level: 'info', file: undefined });
  });

  it('starts in development with a database alone', () => {
    const config = parseConfig({ NODE_ENV: 'development', DATABASE_URL: 'mysql://h/d' });
    expect(config.redis.url).toBe('redis://127.0.0.1:6379');
    expect(config.mqtt.url).toBe('mqtt://127.0.0.1:1883');
    expect(config.auth.jwtSecret.length).toBeGreaterThanOrEqual(32);
    expect(config.auth.encryptionKey).toHaveLength(32);
  });

  it('needs no broker where nothing is taken in', () => {
    expect(parseConfig({ ...PRODUCTION, MQTT_URL: '', ROLES: 'api' }).hasRole('ingest')).toBe(false);
  });

  it('names everything that is missing in one message', () => {
    let message = '';
    try {
      parseConfig({});
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as ConfigError).message;
    }
    expect(message).toMatch(/^5 settings are wrong or missing:\n/);
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'MQTT_URL', 'JWT_SECRET', 'ENCRYPTION_KEY']) {
      expect(message).toContain(`\n  - ${name}: is missing`);
    }
  });

  it('names everything that is wrong in one message, without any value', () => {
    const wrong: Environment = {
      NODE_ENV: 'prod-secret',
      ROLES: 'api,cook-secret',
      PORT: '70000-secret',
      HOST: '127.0.0.1',
      CORS_ORIGINS: 'https://a.example/secret',
      SHUTDOWN_TIMEOUT_SECONDS: 'secret',
      DATABASE_URL: 'postgres://u:secret@h',
      DATABASE_POOL_SIZE: 'secret',
      REDIS_URL: 'http://secret',
      REDIS_KEY_PREFIX: 'sec ret',
      MQTT_URL: 'secret',
      MQTT_CLIENT_ID: 'sec ret',
      MQTT_PROTOCOL_VERSION: 'secret',
      MQTT_SHARED_GROUP: 'a/secret',
      MQTT_SESSION_EXPIRY: 'secret',
      MQTT_CERT_FILE: '/nowhere',
      BROKER_HOOK_TOKEN: 'secret',
      JWT_SECRET: 'secret',
      JWT_PREVIOUS_SECRETS: 'secret',
      JWT_ACCESS_TTL: 'secret',
      SMTP_URL: 'http://secret',
      MAIL_FROM: 'secret',
      PUBLIC_URL: 'secret',
      ENCRYPTION_KEY: 'secret',
      LOG_LEVEL: 'secret',
    };
    const { config, problems } = readConfig(wrong);
    expect(config).toBeUndefined();
    const named = new Set(problems.map(({ variable }) => variable));
    const expected = Object.keys(wrong).filter((name) => name !== 'HOST');
    expect([...named].toSorted()).toEqual([...expected, 'MQTT_KEY_FILE'].toSorted());
    expect(new ConfigError(problems).message).not.toMatch(/secret(?!\S*:)/);
  });
});

describe('secrets in production', () => {
  it.each([
    ['short', 'at least 32'],
    ['change-me-change-me-change-me-change-me', 'default value'],
    ['your-256-bit-secret-goes-here-000000000', 'default value'],
    ['this-is-my-jwt-secret-key-for-hydroalert', 'default value'],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'default value'],
    ['abababababababababababababababababababab', 'default value'],
    ['01234567890123456789012345678901234567', 'default value'],
  ])('refuses JWT_SECRET %s', (secret, reason) => {
    expect(problemsOf({ ...PRODUCTION, JWT_SECRET: secret })).toEqual({ JWT_SECRET: expect.stringContaining(reason) });
  });

  it.each([
    ['tooshort', '32 bytes'],
    [Buffer.alloc(31, 'x1').toString('base64'), '32 bytes'],
    [Buffer.alloc(33, 'x1').toString('base64'), '32 bytes'],
    ['not base64 at all, but forty-four letters!!', '32 bytes'],
    [Buffer.alloc(32).toString('base64'), 'default value'],
    ['0'.repeat(64), 'default value'],
    [Buffer.alloc(32, 'development').toString('base64'), 'default value'],
  ])('refuses ENCRYPTION_KEY %s', (key, reason) => {
    expect(problemsOf({ ...PRODUCTION, ENCRYPTION_KEY: key })).toEqual({
      ENCRYPTION_KEY: expect.stringContaining(reason),
    });
  });

  it('takes the key in hex, base64 and base64url', () => {
    const key = Buffer.from(ENCRYPTION_KEY, 'base64');
    for (const text of [key.toString('hex'), key.toString('base64'), key.toString('base64url')]) {
      expect(parseConfig({ ...PRODUCTION, ENCRYPTION_KEY: text }).auth.encryptionKey).toEqual(key);
    }
  });

  it('lets a developer use a simple secret of enough length', () => {
    const environment = {
      NODE_ENV: 'test',
      DATABASE_URL: 'mysql://h/d',
      JWT_SECRET: 'test-secret-test-secret-test-secret',
    };
    expect(parseConfig(environment).auth.jwtSecret).toBe(environment.JWT_SECRET);
  });
});

describe('single settings', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['2', 2],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
  ])('TRUST_PROXY=%s', (text, value) => {
    expect(parseConfig({ ...PRODUCTION, TRUST_PROXY: text }).http.trustProxy).toEqual(value);
  });

  it.each(['*', 'a.example', 'https://a.example/', 'https://a.example/x', 'ftp://a.example'])(
    'refuses CORS_ORIGINS=%s',
    (origin) => {
      expect(problemsOf({ ...PRODUCTION, CORS_ORIGINS: origin })).toHaveProperty('CORS_ORIGINS');
    },
  );

  it('takes several origins', () => {
    const { http } = parseConfig({ ...PRODUCTION, CORS_ORIGINS: 'https://a.example, http://localhost:5173,' });
    expect(http.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173']);
  });

  it.each([
    ['900', 900],
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['7d', 604_800],
  ])('JWT_ACCESS_TTL=%s', (text, seconds) => {
    expect(parseConfig({ ...PRODUCTION, JWT_ACCESS_TTL: text }).auth.accessTtlSeconds).toBe(seconds);
  });

  it.each(['rediss://:p@r:6380/1', '/run/redis/redis.sock'])('REDIS_URL=%s', (url) => {
    expect(parseConfig({ ...PRODUCTION, REDIS_URL: url }).redis.url).toBe(url);
  });

  it('MQTT has an identity that survives restarts', () => {
    expect(parseConfig(PRODUCTION).mqtt.clientId).toBe(parseConfig(PRODUCTION).mqtt.clientId);
    const tuned = { MQTT_PROTOCOL_VERSION: '3.1.1', MQTT_SESSION_EXPIRY: '2h', MQTT_BATCH_LINGER_MS: '7' };
    expect(parseConfig({ ...PRODUCTION, ...tuned }).mqtt).toMatchObject({
      protocolVersion: 4,
      sessionExpirySeconds: 7200,
      batchLingerMs: 7,
      batchMaxMessages: undefined,
    });
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => /^[A-Z0-9_]+=/.test(line));

  it('explains every variable, and no other', () => {
    const names = lines.map((line) => line.slice(0, line.indexOf('=')));
    expect(names.toSorted()).toEqual([...readConfig({}).names].toSorted());
  });

  it('holds no secret, so that a copy does not start in production until they are filled in', () => {
    const environment = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(Object.keys(problemsOf(environment)).toSorted()).toEqual(['ENCRYPTION_KEY', 'JWT_SECRET']);
  });
});
