import type { SqlClient } from '../sql.js';

/** Rows to store, as parallel columns of equal length, sorted by (seriesId, instant). */
export interface ReadingColumns {
  seriesIds: number[];
  /** Epoch milliseconds. */
  instants: number[];
  values: number[];
  qualities: number[];
  risks: number[];
}

/** A stored reading as its key and value. */
export interface StoredValue {
  seriesId: number;
  /** Epoch milliseconds. */
  instant: number;
  value: number;
}

/** How what is new is put together with what is there; null is taken for nothing by all of them. */
export type Merging = 'add' | 'least' | 'greatest';

/** A row as its cells. */
export type Cells = readonly (string | number | boolean | null)[];

/** A raw statement with `?` placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/**
 * What differs between PostgreSQL and MySQL/MariaDB, in one place: placeholders, instants, bulk statements, partitions,
 * error codes. Every statement here is written for thousands of rows at a time.
 */
export abstract class SqlDialect {
  abstract readonly name: 'postgres' | 'mysql';

  /** Turns `?` placeholders into the database's own. */
  abstract bind(sql: string): string;

  /** Condition `column is one of ids`, for thousands of whole numbers, with its parameters. */
  abstract anyOf(column: string, ids: readonly number[]): { sql: string; params: unknown[] };

  /** Statement that inserts `count` rows, or merges their columns into rows of the same keys. */
  abstract merge(
    table: string,
    keys: readonly string[],
    columns: Readonly<Record<string, Merging>>,
    count: number,
  ): string;

  /**
   * Runs two statements (with `?` placeholders) of which the second does not look at what the first wrote; in one round
   * trip where the database can.
   */
  abstract runBoth(client: SqlClient, first: Statement, second: Statement): Promise<void>;

  /**
   * Statement that inserts `count` rows, or replaces in them what is there already under the same key.
   * @param columns the key first; every column of a row that can be new
   */
  abstract upsert(table: string, columns: readonly string[], count: number): string;

  /**
   * Statement that inserts thousands of rows at once.
   * @param columns names, in the order of the cells; cells are text (instants by {@link instant}), numbers, booleans or null
   * @param end what follows the rows, such as {@link skipTaken}
   */
  abstract insertRows(table: string, columns: readonly string[], rows: readonly Cells[], end?: string): Statement;

  /** Like {@link insertRows}, but replaces what is there already under the same key (the first column). */
  abstract upsertRows(table: string, columns: readonly string[], rows: readonly Cells[]): Statement;

  /** End of an insert whose rows are left out where a unique key is taken. @param column any column of the table */
  abstract skipTaken(column: string): string;

  /** Type of an instant in `cast(… as …)`, for where the database cannot tell. */
  abstract readonly instantType: string;

  /** An instant as the driver wants it in a raw statement. */
  abstract instant(epochMs: number): string;

  /** Epoch milliseconds of an instant as the driver returns it in a raw statement. */
  abstract epochMs(value: string | Date): number;

  /**
   * Expression for the start of the bucket that holds the instant in `column`.
   * @param seconds length of every bucket
   * @param origin where some bucket begins (epoch ms, whole seconds), not later than the instants
   */
  abstract bucketStart(column: string, seconds: number, origin: number): string;

  /**
   * Locks the `latest_readings` rows of the series in the order given (sorted by series, so that no two writers
   * deadlock) and moves forward those whose instant is newer. One row per series is expected in `newest`.
   * @returns per position of `newest`, the instant (epoch ms) the series had before, or null when it had none
   */
  abstract advanceLatest(client: SqlClient, newest: ReadingColumns): Promise<(number | null)[]>;

  /** Inserts rows that are not expected to exist; returns how many went in (an existing key is left as it is). */
  abstract insertFresh(client: SqlClient, rows: ReadingColumns): Promise<number>;

  /**
   * Inserts rows of which some may exist already; an existing key is left as it is.
   * @returns per position, whether the row went in
   */
  abstract insertLate(client: SqlClient, rows: ReadingColumns): Promise<boolean[]>;

  /** The stored values at the given keys. */
  abstract storedValues(client: SqlClient, seriesIds: number[], instants: number[]): Promise<StoredValue[]>;

  /**
   * Reserves `counts[i]` positions of the live log of each municipality (ids sorted), creating its row where needed.
   * The rows stay locked until commit, which is what puts positions in commit order.
   * @returns the last reserved position per municipality
   */
  abstract reservePositions(client: SqlClient, municipalityIds: string[], counts: number[]): Promise<number[]>;

  /** Makes sure that the month (`YYYY-MM`) can take readings. Must run outside the writer's transaction. */
  abstract ensureMonth(client: SqlClient, month: string): Promise<void>;

  /**
   * Waits until nobody else holds the lock on schema changes, and takes it; `client` has to be in a transaction.
   * @returns what gives it back, to be called in the same transaction
   */
  abstract lockSchema(client: SqlClient): Promise<() => Promise<void>>;

  /** Statement that switches on what the database offers beyond plain SQL (PostGIS); answers what is on. */
  abstract enableExtensions(client: SqlClient, postgis: 'auto' | 'on' | 'off'): Promise<{ postgis: string | null }>;

  /** Two writers met; the transaction can be run again at once. */
  abstract isDeadlock(error: unknown): boolean;

  /** The database is away or ends connections; the transaction can be run again later. */
  abstract isUnavailable(error: unknown): boolean;

  /** A unique key was violated; answers its name, or null. */
  abstract violatedKey(error: unknown): string | null;

  /** A row was deleted that others refer to, or one was to refer to a row that is not there. */
  abstract violatesReference(error: unknown): boolean;
}

/** The driver's error inside whatever wraps it (the ORM keeps the driver's `code` and adds `cause`/`previous`). */
export function driverErrors(
  error: unknown,
): { code?: string; errno?: number; message: string; constraint?: string }[] {
  const found: { code?: string; errno?: number; message: string; constraint?: string }[] = [];
  const seen = new Set<unknown>();
  let next: unknown = error;
  while (next instanceof Error && !seen.has(next)) {
    seen.add(next);
    found.push(next);
    const wrapped = next as { previous?: unknown; cause?: unknown; errors?: unknown[] };
    next = wrapped.previous ?? wrapped.cause ?? wrapped.errors?.[0];
  }
  return found;
}

/** Errors of the network below any driver: the server is not reachable or went away. */
export const NETWORK_ERROR_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
