import { parseSslParameters, type SslParameters } from './database-ssl.js';

export type DatabaseMode = 'postgres' | 'mysql';

/** A connection URL, taken apart and decoded. */
export interface DatabaseAddress {
  readonly mode: DatabaseMode;
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket (PostgreSQL: its folder); then host and port do not count. */
  readonly socketPath?: string;
  readonly user: string;
  readonly password: string;
  readonly name: string;
  readonly ssl: SslParameters;
  readonly applicationName?: string;
}

/** The URL cannot be used; the message says why, without repeating any part of it that may be secret. */
export class DatabaseUrlError extends Error {}

const DEFAULT_PORT: Readonly<Record<DatabaseMode, number>> = { postgres: 5432, mysql: 3306 };

/** Schemes in the wild; an SQLAlchemy driver (`+asyncpg`) and a JDBC prefix are ignored. */
const MODE_OF_SCHEME: ReadonlyMap<string, DatabaseMode> = new Map([
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['pgsql', 'postgres'],
  ['postgis', 'postgres'],
  ['mysql', 'mysql'],
  ['mysql2', 'mysql'],
  ['mariadb', 'mysql'],
]);

const URL_SHAPE =
  /^(?:jdbc:)?(?<scheme>[a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?:\/\/(?:(?<credentials>[^/?#]*)@)?(?<host>\[[^\]]*\]|[^:/?#@]*)(?::(?<port>[^/?#]*))?(?:\/(?<name>[^?#]*))?(?:\?(?<query>[^#]*))?$/i;

/** Where libpq and the MySQL drivers put the path of a socket. */
const SOCKET_KEYS = ['host', 'socket', 'unix_socket', 'socketPath', 'unixSocket'];

/** Which database a URL is for, by its scheme alone; undefined for a scheme that we do not know. */
export function modeOfUrl(url: string): DatabaseMode | undefined {
  const scheme = /^(?:jdbc:)?([a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?:\/\//i.exec(url)?.[1];
  return scheme === undefined ? undefined : MODE_OF_SCHEME.get(scheme.toLowerCase());
}

/**
 * Takes a connection URL apart, in any form that hosting providers hand out. Not by `new URL`, which refuses
 * an empty host (Unix sockets) and an unescaped "@" or "%" in a password.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const mode = modeOfUrl(url);
  if (mode === undefined)
    throw new DatabaseUrlError('must start with postgres://, postgresql://, mysql:// or mariadb://');
  const parts = URL_SHAPE.exec(url)?.groups;
  // An "@" behind the first "/" means that the "/" belongs to the password.
  if (parts === undefined || parts['name']?.includes('@')) {
    throw new DatabaseUrlError(
      'is not a URL of the form scheme://user:password@host:port/name; write "/", "?" and "#" in a password as %2F, %3F and %23',
    );
  }
  const query = new URLSearchParams(parts['query'] ?? '');
  const [user, password] = credentialsOf(parts['credentials'] ?? '');
  const name = decode(parts['name'] ?? '') || (query.get('dbname') ?? query.get('database') ?? '');
  if (name === '' || name.includes('/')) throw new DatabaseUrlError('names no database: add /name after the host');
  return {
    mode,
    ...placeOf(parts['host'] ?? '', parts['port'], query, mode),
    user: user || (query.get('user') ?? ''),
    password: password || (query.get('password') ?? ''),
    name,
    ssl: parseSslParameters(query),
    applicationName: query.get('application_name') ?? undefined,
  };
}

type Place = Pick<DatabaseAddress, 'host' | 'port' | 'socketPath'>;

function placeOf(rawHost: string, rawPort: string | undefined, query: URLSearchParams, mode: DatabaseMode): Place {
  const host = decode(rawHost).replace(/^\[(.*)\]$/, '$1') || (query.get('host') ?? '');
  if (host.includes(',')) throw new DatabaseUrlError('names several hosts; name one (a proxy or the primary)');
  const portText = rawPort || query.get('port');
  const port = portText ? Number(portText) : DEFAULT_PORT[mode];
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DatabaseUrlError('has a port that is not a number from 1 to 65535');
  const sockets = [host, ...SOCKET_KEYS.map((key) => query.get(key))];
  const socketPath = sockets.find((path) => path?.startsWith('/')) ?? undefined;
  if (socketPath !== undefined) return { host: 'localhost', port, socketPath };
  return { host: host || 'localhost', port };
}

function credentialsOf(text: string): [user: string, password: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [decode(text), ''] : [decode(text.slice(0, colon)), decode(text.slice(colon + 1))];
}

/** A "%" that starts no escape is taken as it stands: passwords are often pasted without being encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Writes an address in one canonical form; TLS and timeouts are not part of it. */
export function formatDatabaseUrl(address: Omit<DatabaseAddress, 'ssl'>): string {
  const { mode, user, password, name, host, port, socketPath } = address;
  const credentials = [user, password]
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join(':');
  const at = credentials === '' ? '' : `${credentials}@`;
  const scheme = mode === 'postgres' ? 'postgresql' : 'mysql';
  const place = host.includes(':') ? `[${host}]` : host;
  const socket =
    socketPath === undefined ? '' : `?${mode === 'postgres' ? 'host' : 'socketPath'}=${encodeURIComponent(socketPath)}`;
  return `${scheme}://${at}${place}:${port}/${encodeURIComponent(name)}${socket}`;
}
