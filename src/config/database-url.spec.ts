import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatabaseUrlError, formatDatabaseUrl, modeOfUrl, parseDatabaseUrl } from './database-url.js';

describe('modeOfUrl', () => {
  it.each([
    ['postgres://h/d', 'postgres'],
    ['postgresql://h/d', 'postgres'],
    ['POSTGRESQL://h/d', 'postgres'],
    ['postgresql+asyncpg://h/d', 'postgres'],
    ['postgresql+psycopg2://h/d', 'postgres'],
    ['postgres+psycopg://h/d', 'postgres'],
    ['postgis://h/d', 'postgres'],
    ['jdbc:postgresql://h/d', 'postgres'],
    ['mysql://h/d', 'mysql'],
    ['mysql2://h/d', 'mysql'],
    ['mysql+pymysql://h/d', 'mysql'],
    ['mysql+mysqldb://h/d', 'mysql'],
    ['mariadb://h/d', 'mysql'],
    ['mariadb+mariadbconnector://h/d', 'mysql'],
    ['sqlite:///x', undefined],
    ['constructor://h/d', undefined],
    ['mongodb+srv://h/d', undefined],
    ['h/d', undefined],
    ['', undefined],
  ])('%s is %s', (url, mode) => {
    expect(modeOfUrl(url)).toBe(mode);
  });
});

describe('parseDatabaseUrl', () => {
  it('takes the usual form apart', () => {
    expect(parseDatabaseUrl('postgres://water:pw@db.example:6543/hydro?application_name=x')).toEqual({
      mode: 'postgres',
      host: 'db.example',
      port: 6543,
      user: 'water',
      password: 'pw',
      name: 'hydro',
      ssl: { mode: undefined, caFile: undefined },
      applicationName: 'x',
    });
  });

  it.each([
    ['postgres://h/d', 5432],
    ['mysql://h/d', 3306],
    ['mysql://h:/d', 3306],
    ['mysql+pymysql://u:p@h:3307/d', 3307],
  ])('knows the port of %s', (url, port) => {
    expect(parseDatabaseUrl(url)).toMatchObject({ host: 'h', port, name: 'd' });
  });

  it.each([
    ['p%40ss%2Fw%3Ard%23%3F', 'p@ss/w:rd#?'],
    ['p@ss', 'p@ss'],
    ['p:a:ss', 'p:a:ss'],
    ['100%', '100%'],
    ['a+b', 'a+b'],
    ['%C3%BC', 'ü'],
    ['', ''],
  ])('reads the password %s', (written, password) => {
    expect(parseDatabaseUrl(`mysql://user%2B1:${written}@h/d`)).toMatchObject({ user: 'user+1', password, host: 'h' });
  });

  it.each([
    ['postgres:///d?host=/var/run/postgresql', { socketPath: '/var/run/postgresql', host: 'localhost', name: 'd' }],
    [
      'postgresql://u:p@/d?host=/cloudsql/proj:eu:inst',
      { socketPath: '/cloudsql/proj:eu:inst', user: 'u', password: 'p' },
    ],
    ['postgresql://u@%2Fvar%2Frun%2Fpostgresql:5433/d', { socketPath: '/var/run/postgresql', port: 5433, user: 'u' }],
    [
      'mysql://u:p@localhost/d?socket=/run/mysqld/mysqld.sock',
      { socketPath: '/run/mysqld/mysqld.sock', host: 'localhost' },
    ],
    ['mysql+pymysql://u:p@/d?unix_socket=/cloudsql/a:b:c', { socketPath: '/cloudsql/a:b:c' }],
    ['mysql://u@h/d?socketPath=/s', { socketPath: '/s' }],
  ])('reads the socket of %s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  it('reads IPv6 hosts and names in the query', () => {
    expect(parseDatabaseUrl('postgres://u@[2001:db8::1]:5433/d')).toMatchObject({ host: '2001:db8::1', port: 5433 });
    expect(parseDatabaseUrl('jdbc:mysql://h:3306/d?user=u&password=p%40')).toMatchObject({ user: 'u', password: 'p@' });
    expect(parseDatabaseUrl('postgresql:///?host=h&port=99&dbname=d')).toMatchObject({
      host: 'h',
      port: 99,
      name: 'd',
    });
  });

  it.each([
    ['sslmode=disable', 'disable'],
    ['sslmode=prefer', 'disable'],
    ['sslmode=require&channel_binding=require', 'require'],
    ['sslmode=verify-full', 'verify-full'],
    ['ssl-mode=REQUIRED', 'require'],
    ['ssl-mode=VERIFY_IDENTITY', 'verify-full'],
    ['ssl_mode=VERIFY_CA', 'verify-ca'],
    ['ssl=true', 'require'],
    ['ssl=0', 'disable'],
    ['ssl=require', 'require'],
    ['ssl={"rejectUnauthorized":true}', 'verify-full'],
    ['ssl=%7B%22rejectUnauthorized%22%3Afalse%7D', 'require'],
    ['sslaccept=strict', 'verify-full'],
    ['useSSL=false', 'disable'],
    ['sslmode=quantum', 'verify-full'],
    ['connection_limit=5', undefined],
  ])('reads TLS from %s', (query, mode) => {
    expect(parseDatabaseUrl(`mysql://h/d?${query}`).ssl.mode).toBe(mode);
  });

  it.each([
    ['sqlite:///x', 'must start with'],
    ['postgres://u:secretword@h', 'names no database'],
    ['postgres://u:secretword@h/', 'names no database'],
    ['postgres://u:secretword@h:99999/d', 'port'],
    ['postgres://u:secretword@h:abc/d', 'port'],
    ['postgres://u:secretword@h1,h2/d', 'several hosts'],
    ['postgres://u:secretword@h1:1,h2:2/d', 'port'],
    ['postgres://u:secret/word@h/d', '%2F'],
    ['mysql://u:secret#word@h/d', 'not a URL'],
  ])('refuses %s and keeps its secrets', (url, reason) => {
    const failure = expect.objectContaining({ message: expect.stringContaining(reason) });
    expect(() => parseDatabaseUrl(url)).toThrow(failure);
    expect(() => parseDatabaseUrl(url)).toThrow(DatabaseUrlError);
    expect(() => parseDatabaseUrl(url)).not.toThrow(
      expect.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });
});

describe('formatDatabaseUrl', () => {
  it('writes what parseDatabaseUrl reads', () => {
    const word = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => text.trim() !== '' && !text.includes('/') && text.isWellFormed());
    fc.assert(
      fc.property(
        word,
        fc.oneof(word, fc.constant('')),
        word,
        fc.constantFrom('postgres', 'mysql'),
        (user, password, name, mode) => {
          const address = { mode, user, password, name, host: 'db.example', port: 1234 } as const;
          expect(parseDatabaseUrl(formatDatabaseUrl(address))).toMatchObject(address);
        },
      ),
    );
  });

  it.each([
    'postgresql://u:p%40@[::1]:5432/d',
    'mysql://u@localhost:3306/d?socketPath=%2Frun%2Fx.sock',
    'postgresql://localhost:5432/d?host=%2Frun',
  ])('keeps the canonical %s', (url) => {
    expect(formatDatabaseUrl(parseDatabaseUrl(url))).toBe(url);
  });
});
