import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDatabaseConfig } from './database.config.js';
import { EnvReader, type Environment } from './env-reader.js';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, 'PEM');
afterAll(() => rmSync(folder, { recursive: true }));

function read(environment: Environment) {
  const reader = new EnvReader(environment, true);
  return { config: readDatabaseConfig(reader), problems: reader.problems };
}

const POSTGRES = 'postgres://u:p@pg/d';
const MYSQL = 'mysql://u:p@my/d';

describe('the choice of the database', () => {
  it.each([
    [{ DATABASE_URL: POSTGRES }, 'postgres', 'pg'],
    [{ DATABASE_URL: MYSQL }, 'mysql', 'my'],
    [{ DATABASE_URL: MYSQL, DATABASE_MODE: 'MariaDB' }, 'mysql', 'my'],
    [{ DATABASE_URL_POSTGRES: POSTGRES }, 'postgres', 'pg'],
    [{ DATABASE_URL_MYSQL: MYSQL }, 'mysql', 'my'],
    [{ DATABASE_URL: 'postgres://other/d', DATABASE_URL_POSTGRES: POSTGRES }, 'postgres', 'pg'],
    [{ DATABASE_URL: POSTGRES, DATABASE_URL_MYSQL: MYSQL }, 'postgres', 'pg'],
    [{ DATABASE_MODE: 'mysql', DATABASE_URL: POSTGRES, DATABASE_URL_MYSQL: MYSQL }, 'mysql', 'my'],
    [{ DATABASE_MODE: 'mysql', DATABASE_URL_POSTGRES: POSTGRES, DATABASE_URL_MYSQL: MYSQL }, 'mysql', 'my'],
    [{ DATABASE_MODE: 'postgres', DATABASE_URL_POSTGRES: POSTGRES, DATABASE_URL_MYSQL: MYSQL }, 'postgres', 'pg'],
    [{ DATABASE_MODE: '', DATABASE_URL: '  postgres://u:p@pg/d  ' }, 'postgres', 'pg'],
  ])('%j → %s at %s', (environment, mode, host) => {
    expect(read(environment)).toMatchObject({ config: { mode, host }, problems: [] });
  });

  it.each<[Environment, string, string]>([
    [{}, 'DATABASE_URL', 'is missing'],
    [{ DATABASE_MODE: 'mysql' }, 'DATABASE_URL', 'DATABASE_URL_MYSQL'],
    [{ DATABASE_MODE: 'oracle', DATABASE_URL: POSTGRES }, 'DATABASE_MODE', 'postgres or mysql'],
    [{ DATABASE_MODE: 'mysql', DATABASE_URL: POSTGRES }, 'DATABASE_URL', 'DATABASE_MODE is mysql'],
    [
      { DATABASE_MODE: 'mysql', DATABASE_URL: MYSQL, DATABASE_URL_MYSQL: POSTGRES },
      'DATABASE_URL_MYSQL',
      'a postgres URL',
    ],
    [{ DATABASE_URL_POSTGRES: MYSQL }, 'DATABASE_URL_POSTGRES', 'a mysql URL'],
    [{ DATABASE_URL_POSTGRES: POSTGRES, DATABASE_URL_MYSQL: MYSQL }, 'DATABASE_MODE', 'both'],
    [{ DATABASE_URL: 'sqlite:///x' }, 'DATABASE_URL', 'must start with'],
    [{ DATABASE_MODE: 'postgres', DATABASE_URL: 'sqlite:///x' }, 'DATABASE_URL', 'must start with'],
    [{ DATABASE_URL: 'postgres://u:p@h' }, 'DATABASE_URL', 'names no database'],
  ])('%j is a problem of %s: %s', (environment, variable, message) => {
    const { config, problems } = read(environment);
    expect(config).toBeUndefined();
    expect(problems).toEqual([{ variable, message: expect.stringContaining(message) }]);
  });
});

describe('the settings of the database', () => {
  it('has defaults', () => {
    expect(read({ DATABASE_URL: 'postgresql+asyncpg://u:p%40@h/d?sslmode=disable' }).config).toEqual({
      mode: 'postgres',
      url: 'postgresql://u:p%40@h:5432/d',
      host: 'h',
      port: 5432,
      user: 'u',
      password: 'p@',
      name: 'd',
      ssl: false,
      poolSize: 10,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 30_000,
      postgis: 'auto',
      applicationName: 'hydroalert',
    });
  });

  it('reads numbers, names and PostGIS', () => {
    const environment = {
      DATABASE_URL: `${POSTGRES}?application_name=fromurl`,
      DATABASE_POOL_SIZE: '3',
      DATABASE_STATEMENT_TIMEOUT_MS: '0',
      ENABLE_POSTGIS_FEATURES: 'False',
    };
    expect(read(environment).config).toMatchObject({
      poolSize: 3,
      statementTimeoutMs: 0,
      postgis: 'off',
      applicationName: 'fromurl',
    });
    expect(read({ ...environment, DATABASE_APPLICATION_NAME: 'mine' }).config).toMatchObject({
      applicationName: 'mine',
    });
  });

  it.each<[Environment, object | false]>([
    [{}, false],
    [{ DATABASE_SSL_MODE: 'require' }, { mode: 'require', rejectUnauthorized: false, verifyHost: false }],
    [{ DATABASE_SSL_MODE: 'verify-full' }, { mode: 'verify-full', rejectUnauthorized: true, verifyHost: true }],
    [{ DATABASE_SSL_CA_FILE: caFile }, { mode: 'verify-full', ca: 'PEM' }],
    [
      { DATABASE_SSL_MODE: 'require', DATABASE_SSL_CA_FILE: caFile },
      { mode: 'verify-ca', rejectUnauthorized: true, verifyHost: false },
    ],
    [{ DATABASE_SSL_MODE: 'disable', DATABASE_URL: `${POSTGRES}?sslmode=require` }, false],
    [{ DATABASE_URL: `${POSTGRES}?sslmode=verify-ca&sslrootcert=${caFile}` }, { mode: 'verify-ca', ca: 'PEM' }],
  ])('%j gives TLS %j', (environment, expected) => {
    const { config, problems } = read({ DATABASE_URL: POSTGRES, ...environment });
    expect(problems).toEqual([]);
    if (expected === false) expect(config?.ssl).toBe(false);
    else expect(config?.ssl).toMatchObject(expected);
  });

  it('names every wrong variable at once', () => {
    const { problems } = read({
      DATABASE_URL: `${POSTGRES}?sslmode=verify-ca&sslrootcert=/nowhere/ca.pem`,
      DATABASE_POOL_SIZE: '0',
      DATABASE_CONNECT_TIMEOUT_MS: 'soon',
      DATABASE_STATEMENT_TIMEOUT_MS: '-1',
      DATABASE_SSL_MODE: 'sometimes',
      ENABLE_POSTGIS_FEATURES: 'maybe',
    });
    expect(problems.map(({ variable }) => variable)).toEqual([
      'DATABASE_POOL_SIZE',
      'DATABASE_CONNECT_TIMEOUT_MS',
      'DATABASE_STATEMENT_TIMEOUT_MS',
      'ENABLE_POSTGIS_FEATURES',
      'DATABASE_SSL_MODE',
      'DATABASE_URL',
    ]);
  });
});
