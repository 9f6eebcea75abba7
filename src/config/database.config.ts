import { z } from 'zod';
import { SSL_MODES, sslConfigOf, sslModeOf, type SslConfig } from './database-ssl.js';
import {
  DatabaseUrlError,
  formatDatabaseUrl,
  modeOfUrl,
  parseDatabaseUrl,
  type DatabaseAddress,
  type DatabaseMode,
} from './database-url.js';
import type { EnvReader } from './env-reader.js';
import { integer } from './env-schemas.js';

export type { DatabaseMode } from './database-url.js';

/** The database, and how we use it. */
export interface DatabaseConfig extends Omit<DatabaseAddress, 'ssl' | 'applicationName'> {
  /** Canonical form of the URL that was given, without TLS and other parameters. */
  readonly url: string;
  readonly ssl: SslConfig;
  /** Connections of this process at most. */
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  /** A statement that runs longer is cancelled; 0: never. */
  readonly statementTimeoutMs: number;
  /** Whether geography uses PostGIS: `auto` where it is installed. */
  readonly postgis: 'auto' | 'on' | 'off';
  /** Our name in the server's list of connections. */
  readonly applicationName: string;
}

const POSTGIS_WORDS = { auto: 'auto', true: 'on', on: 'on', '1': 'on', false: 'off', off: 'off', '0': 'off' } as const;

/** Undefined when no usable URL was found; the reader then holds the reason. */
export function readDatabaseConfig(reader: EnvReader): DatabaseConfig | undefined {
  const settings = {
    poolSize: reader.read('DATABASE_POOL_SIZE', integer(1, 500).prefault('10')),
    connectTimeoutMs: reader.read('DATABASE_CONNECT_TIMEOUT_MS', integer(100, 120_000).prefault('10000')),
    statementTimeoutMs: reader.read('DATABASE_STATEMENT_TIMEOUT_MS', integer(0, 3_600_000).prefault('30000')),
    postgis: readPostgis(reader),
  };
  const sslMode = readSslMode(reader);
  const caText = reader.file('DATABASE_SSL_CA_FILE');
  const applicationName = reader.read(
    'DATABASE_APPLICATION_NAME',
    z.string().max(60, 'must have at most 60 letters').optional(),
  );
  const source = chooseUrl(reader);
  if (source === undefined) return undefined;
  const parsed = parse(reader, source);
  if (parsed === undefined) return undefined;
  const { ssl, applicationName: nameInUrl, ...address } = parsed;
  const ca = caText ?? (ssl.caFile === undefined ? undefined : reader.fileAt(source.variable, ssl.caFile));
  return {
    ...address,
    ...settings,
    url: formatDatabaseUrl(address),
    ssl: sslConfigOf(sslMode ?? ssl.mode, ca),
    applicationName: applicationName ?? nameInUrl ?? 'hydroalert',
  };
}

interface UrlSource {
  readonly variable: string;
  readonly url: string;
  readonly mode: DatabaseMode;
}

/** `DATABASE_URL_<MODE>` beats `DATABASE_URL`; without a mode, the scheme decides; a contradiction is a problem. */
function chooseUrl(reader: EnvReader): UrlSource | undefined {
  const plain = reader.raw('DATABASE_URL');
  const own = { postgres: reader.raw('DATABASE_URL_POSTGRES'), mysql: reader.raw('DATABASE_URL_MYSQL') };
  const mode = readMode(reader);
  if (mode === 'wrong') return undefined;
  const chosen = mode ?? modeWithout(reader, plain, own);
  if (chosen === undefined) return undefined;
  const variable = own[chosen] === undefined ? 'DATABASE_URL' : `DATABASE_URL_${chosen.toUpperCase()}`;
  const url = own[chosen] ?? plain;
  if (url === undefined) {
    reader.problem('DATABASE_URL', `is missing (or DATABASE_URL_${chosen.toUpperCase()})`);
    return undefined;
  }
  return { variable, url, mode: chosen };
}

function modeWithout(
  reader: EnvReader,
  plain: string | undefined,
  own: Readonly<Record<DatabaseMode, string | undefined>>,
): DatabaseMode | undefined {
  if (plain !== undefined) {
    const mode = modeOfUrl(plain);
    if (mode === undefined)
      reader.problem('DATABASE_URL', 'must start with postgres://, postgresql://, mysql:// or mariadb://');
    return mode;
  }
  if (own.postgres !== undefined && own.mysql !== undefined) {
    reader.problem('DATABASE_MODE', 'is missing: both DATABASE_URL_POSTGRES and DATABASE_URL_MYSQL are set');
    return undefined;
  }
  if (own.postgres !== undefined) return 'postgres';
  if (own.mysql !== undefined) return 'mysql';
  reader.problem('DATABASE_URL', 'is missing');
  return undefined;
}

function readMode(reader: EnvReader): DatabaseMode | 'wrong' | undefined {
  const word = reader.raw('DATABASE_MODE')?.toLowerCase();
  if (word === undefined) return undefined;
  if (word === 'postgres' || word === 'postgresql') return 'postgres';
  if (word === 'mysql' || word === 'mariadb') return 'mysql';
  reader.problem('DATABASE_MODE', 'must be postgres or mysql');
  return 'wrong';
}

function parse(reader: EnvReader, { variable, url, mode }: UrlSource): DatabaseAddress | undefined {
  const urlMode = modeOfUrl(url);
  if (urlMode !== undefined && urlMode !== mode) {
    const reason = variable === 'DATABASE_URL' ? `DATABASE_MODE is ${mode}` : `it has to name a ${mode} database`;
    reader.problem(variable, `is a ${urlMode} URL, but ${reason}`);
    return undefined;
  }
  try {
    return parseDatabaseUrl(url);
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    reader.problem(variable, error.message);
    return undefined;
  }
}

function readPostgis(reader: EnvReader): DatabaseConfig['postgis'] {
  const word = reader.raw('ENABLE_POSTGIS_FEATURES')?.toLowerCase() ?? 'auto';
  if (Object.hasOwn(POSTGIS_WORDS, word)) return POSTGIS_WORDS[word as keyof typeof POSTGIS_WORDS];
  reader.problem('ENABLE_POSTGIS_FEATURES', 'must be auto, true or false');
  return 'auto';
}

function readSslMode(reader: EnvReader): (typeof SSL_MODES)[number] | undefined {
  const word = reader.raw('DATABASE_SSL_MODE');
  if (word === undefined) return undefined;
  const mode = sslModeOf(word);
  if (mode === undefined) reader.problem('DATABASE_SSL_MODE', `must be one of ${SSL_MODES.join(', ')}`);
  return mode;
}
