/** `require` encrypts, `verify-ca` also checks who signed the certificate, `verify-full` also whose it is. */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** What a connection URL says about TLS. */
export interface SslParameters {
  /** Undefined when the URL says nothing. */
  readonly mode?: SslMode;
  readonly caFile?: string;
}

/** TLS to the database; `false` is plain. */
export type SslConfig =
  | false
  | {
      readonly mode: Exclude<SslMode, 'disable'>;
      /** Check that a known authority signed the certificate. */
      readonly rejectUnauthorized: boolean;
      /** Check that the certificate is for this host. */
      readonly verifyHost: boolean;
      /** PEM text of the authority; absent: those that Node knows. */
      readonly ca?: string;
    };

/**
 * Words of libpq, MySQL, SQLAlchemy, JDBC and Prisma. `prefer` and `allow` mean "plain is fine", and the drivers
 * cannot fall back from TLS, so they are plain here.
 */
const MODE_OF_WORD: Readonly<Record<string, SslMode>> = {
  disable: 'disable',
  disabled: 'disable',
  allow: 'disable',
  prefer: 'disable',
  preferred: 'disable',
  false: 'disable',
  0: 'disable',
  off: 'disable',
  require: 'require',
  required: 'require',
  'no-verify': 'require',
  accept_invalid_certs: 'require',
  true: 'require',
  1: 'require',
  on: 'require',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_full: 'verify-full',
  verify_identity: 'verify-full',
  'verify-identity': 'verify-full',
  strict: 'verify-full',
};

const MODE_KEYS = ['sslmode', 'ssl-mode', 'ssl_mode', 'sslMode', 'sslaccept', 'ssl', 'useSSL', 'tls'];
const CA_KEYS = ['sslrootcert', 'ssl-ca', 'ssl_ca', 'sslca'];

/** The mode that a word of any of these dialects means; undefined for an unknown one. */
export function sslModeOf(word: string): SslMode | undefined {
  const key = word.trim().toLowerCase();
  return Object.hasOwn(MODE_OF_WORD, key) ? MODE_OF_WORD[key] : undefined;
}

/** Reads TLS settings from the query of a connection URL; an unknown word counts as `verify-full`, the strictest. */
export function parseSslParameters(query: URLSearchParams): SslParameters {
  const word = MODE_KEYS.map((key) => query.get(key)).find((value) => value !== null && value !== '');
  const caFile = CA_KEYS.map((key) => query.get(key)).find((path) => path !== null && path !== '' && path !== 'system');
  return { mode: word === undefined || word === null ? undefined : modeOfValue(word), caFile: caFile ?? undefined };
}

/** mysql2 URLs may carry JSON: `ssl={"rejectUnauthorized":true}`. */
function modeOfValue(word: string): SslMode {
  if (word.startsWith('{')) return /"rejectUnauthorized"\s*:\s*false/.test(word) ? 'require' : 'verify-full';
  return sslModeOf(word) ?? 'verify-full';
}

/** As libpq does it: with an authority's certificate at hand, `require` checks who signed. */
export function sslConfigOf(mode: SslMode | undefined, ca: string | undefined): SslConfig {
  if (mode === 'disable' || (mode === undefined && ca === undefined)) return false;
  const effective = mode === undefined ? 'verify-full' : mode === 'require' && ca !== undefined ? 'verify-ca' : mode;
  return {
    mode: effective,
    rejectUnauthorized: effective !== 'require',
    verifyHost: effective === 'verify-full',
    ca,
  };
}
