import { placeholders, runSql, type SqlClient } from '../sql.js';
import {
  type Cells,
  driverErrors,
  NETWORK_ERROR_CODES,
  type Merging,
  SqlDialect,
  type ReadingColumns,
  type Statement,
  type StoredValue,
} from './sql-dialect.js';

/** PostgreSQL array literal of numbers. Built by hand: the driver's own array encoder quotes and escapes each element. */
const numbers = (values: readonly number[]): string => `{${values.join(',')}}`;

/**
 * Classes 08 (connection), 53 (out of resources), 57P (operator intervention), 58 (system); cancelled by a time limit;
 * read-only during a failover; lock not available.
 */
const UNAVAILABLE = /^(08...|53...|57P..|58...|57014|25006|55P03)$/;

const READING_ARRAYS = `unnest($1::float8[], $2::float8[], $3::int4[], $4::int2[], $5::int2[]) as r(instant, value, series_id, quality, risk)`;

/** Rows as a JSON array of objects. Half of a surrogate pair, which JSON of the server refuses, becomes U+FFFD. */
function jsonOf(columns: readonly string[], rows: readonly Cells[]): string {
  const names = columns.map((column) => JSON.stringify(column));
  const cell = (value: Cells[number]) => JSON.stringify(typeof value === 'string' ? value.toWellFormed() : value);
  return `[${rows.map((row) => `{${row.map((value, i) => `${names[i]}:${cell(value)}`).join(',')}}`).join(',')}]`;
}

/** PostgreSQL 14 and newer. */
export class PostgresDialect extends SqlDialect {
  readonly name = 'postgres';
  readonly instantType = 'timestamptz';

  private readonly bound = new Map<string, string>();

  bind(sql: string): string {
    let text = this.bound.get(sql);
    if (text === undefined) {
      let index = 0;
      text = sql.replace(/\?/g, () => `$${++index}`);
      // Statements with a varying number of placeholders must not fill the memory.
      if (this.bound.size < 500) this.bound.set(sql, text);
    }
    return text;
  }

  anyOf(column: string, ids: readonly number[]): { sql: string; params: unknown[] } {
    return { sql: `${column} = any(?::int4[])`, params: [numbers(ids)] };
  }

  merge(table: string, keys: readonly string[], columns: Readonly<Record<string, Merging>>, count: number): string {
    const names = Object.keys(columns);
    const rows = `${placeholders(keys.length + names.length)},`.repeat(count).slice(0, -1);
    const changes = names.map((name) => {
      const [known, given] = [`${table}.${name}`, `excluded.${name}`];
      return `${name} = ${columns[name] === 'add' ? `${known} + ${given}` : `${columns[name]}(${known}, ${given})`}`;
    });
    return `insert into ${table} (${[...keys, ...names].join(', ')}) values ${rows}
      on conflict (${keys.join(', ')}) do update set ${changes.join(', ')}`;
  }

  async runBoth(client: SqlClient, first: Statement, second: Statement): Promise<void> {
    await runSql(client, this.bind(`with first as (${first.sql}) ${second.sql}`), [...first.params, ...second.params]);
  }

  upsert(table: string, columns: readonly string[], count: number): string {
    const [key, ...others] = columns;
    const rows = `${placeholders(columns.length)},`.repeat(count).slice(0, -1);
    return `insert into ${table} (${columns.join(', ')}) values ${rows}
      on conflict (${key}) do update set ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`;
  }

  /** One parameter for all rows: thousands of placeholders take the server longer to read than the rows to store. */
  insertRows(table: string, columns: readonly string[], rows: readonly Cells[], end = ''): Statement {
    const names = columns.join(', ');
    const sql = `insert into ${table} (${names}) select ${names} from json_populate_recordset(null::${table}, ?::json) ${end}`;
    return { sql, params: [jsonOf(columns, rows)] };
  }

  upsertRows(table: string, columns: readonly string[], rows: readonly Cells[]): Statement {
    const [key, ...others] = columns;
    const changes = others.map((column) => `${column} = excluded.${column}`).join(', ');
    return this.insertRows(table, columns, rows, `on conflict (${key}) do update set ${changes}`);
  }

  skipTaken(): string {
    return 'on conflict do nothing';
  }

  instant(epochMs: number): string {
    return new Date(epochMs).toISOString();
  }

  epochMs(value: string | Date): number {
    return value instanceof Date
      ? value.getTime()
      : Date.parse(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  }

  bucketStart(column: string, seconds: number, origin: number): string {
    return `date_bin(interval '${Math.trunc(seconds)} seconds', ${column}, timestamptz '${this.instant(origin)}')`;
  }

  /** The driver's parameters of a set of rows. Instants travel as epoch seconds: float8 keeps milliseconds exactly. */
  private params(rows: ReadingColumns): string[] {
    return [
      numbers(rows.instants),
      numbers(rows.values),
      numbers(rows.seriesIds),
      numbers(rows.qualities),
      numbers(rows.risks),
    ];
  }

  async advanceLatest(client: SqlClient, newest: ReadingColumns): Promise<(number | null)[]> {
    // ON CONFLICT locks the row even where the condition keeps it from being changed.
    const moved = await runSql<{ series_id: number; previous: number | null }>(
      client,
      `insert into latest_readings as l (instant, value, series_id, quality, risk)
       select to_timestamp(r.instant / 1000), r.value, r.series_id, r.quality, r.risk from ${READING_ARRAYS}
       on conflict (series_id) do update set previous_instant = l.instant, instant = excluded.instant,
         value = excluded.value, quality = excluded.quality, risk = excluded.risk
       where l.instant is null or excluded.instant > l.instant
       returning series_id, (extract(epoch from previous_instant) * 1000)::float8 as previous`,
      this.params(newest),
    );
    if (moved.rows.length === newest.seriesIds.length) return moved.rows.map((row) => row.previous);
    const previous = new Map(moved.rows.map((row) => [row.series_id, row.previous]));
    const still = newest.seriesIds.filter((seriesId) => !previous.has(seriesId));
    const unmoved = await runSql<{ series_id: number; instant: number }>(
      client,
      `select series_id, (extract(epoch from instant) * 1000)::float8 as instant from latest_readings
       where series_id = any($1::int4[])`,
      [numbers(still)],
    );
    for (const row of unmoved.rows) previous.set(row.series_id, row.instant);
    return newest.seriesIds.map((seriesId) => previous.get(seriesId) ?? null);
  }

  async insertFresh(client: SqlClient, rows: ReadingColumns): Promise<number> {
    const result = await runSql(
      client,
      `insert into readings (instant, value, series_id, quality, risk)
       select to_timestamp(r.instant / 1000), r.value, r.series_id, r.quality, r.risk from ${READING_ARRAYS}
       on conflict do nothing`,
      this.params(rows),
    );
    return result.affected;
  }

  async insertLate(client: SqlClient, rows: ReadingColumns): Promise<boolean[]> {
    const result = await runSql<{ series_id: number; instant: number }>(
      client,
      `insert into readings (instant, value, series_id, quality, risk)
       select to_timestamp(r.instant / 1000), r.value, r.series_id, r.quality, r.risk from ${READING_ARRAYS}
       on conflict do nothing returning series_id, (extract(epoch from instant) * 1000)::float8 as instant`,
      this.params(rows),
    );
    const stored = new Set(result.rows.map((row) => `${row.series_id} ${row.instant}`));
    return rows.seriesIds.map((seriesId, i) => stored.has(`${seriesId} ${rows.instants[i]}`));
  }

  async storedValues(client: SqlClient, seriesIds: number[], instants: number[]): Promise<StoredValue[]> {
    const result = await runSql<{ series_id: number; instant: number; value: number }>(
      client,
      `select r.series_id, (extract(epoch from r.instant) * 1000)::float8 as instant, r.value
       from unnest($1::int4[], $2::float8[]) as k(series_id, instant)
       join readings r on r.series_id = k.series_id and r.instant = to_timestamp(k.instant / 1000)`,
      [numbers(seriesIds), numbers(instants)],
    );
    return result.rows.map((row) => ({ seriesId: row.series_id, instant: row.instant, value: row.value }));
  }

  async reservePositions(client: SqlClient, municipalityIds: string[], counts: number[]): Promise<number[]> {
    const result = await runSql<{ municipality_id: string; position: string }>(
      client,
      `insert into live_positions as p (municipality_id, position)
       select * from unnest($1::uuid[], $2::int8[])
       on conflict (municipality_id) do update set position = p.position + excluded.position
       returning municipality_id, position`,
      [`{${municipalityIds.join(',')}}`, numbers(counts)],
    );
    return result.rows.map((row) => Number(row.position));
  }

  async ensureMonth(client: SqlClient, month: string): Promise<void> {
    const from = new Date(`${month}-01T00:00:00Z`);
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
    const partition = `readings_${month.replace('-', '_')}`;
    // Created apart and then attached: ATTACH takes a weaker lock on the parent than CREATE … PARTITION OF, so that
    // running inserts and queries go on. The advisory lock lets one instance do it.
    await runSql(
      client,
      `do $$ begin
         perform pg_advisory_xact_lock(hashtext('readings partitions'));
         if to_regclass('${partition}') is null then
           create table ${partition} (like readings including all);
           alter table readings attach partition ${partition}
             for values from ('${from.toISOString()}') to ('${to.toISOString()}');
         end if;
       end $$`,
      [],
    );
  }

  /** The end of the transaction gives it back. */
  async lockSchema(client: SqlClient): Promise<() => Promise<void>> {
    await runSql(client, `select pg_advisory_xact_lock(hashtext('schema changes'))`, []);
    return () => Promise.resolve();
  }

  async enableExtensions(client: SqlClient, postgis: 'auto' | 'on' | 'off'): Promise<{ postgis: string | null }> {
    if (postgis !== 'off') {
      const available = await runSql(client, `select 1 from pg_available_extensions where name = 'postgis'`, []);
      if (postgis === 'on' || available.rows.length > 0) {
        await runSql(client, `create extension if not exists postgis`, []).catch((error: unknown) => {
          // Without the right to create extensions the platform works in the portable way; asked for, it is an error.
          if (postgis === 'on' || !driverErrors(error).some(({ code }) => code === '42501')) throw error;
        });
      }
    }
    const installed = await runSql<{ extversion: string }>(
      client,
      `select extversion from pg_extension where extname = 'postgis'`,
      [],
    );
    return { postgis: postgis === 'off' ? null : (installed.rows[0]?.extversion ?? null) };
  }

  isDeadlock(error: unknown): boolean {
    return driverErrors(error).some(({ code }) => code === '40P01' || code === '40001');
  }

  isUnavailable(error: unknown): boolean {
    return driverErrors(error).some(
      ({ code, message }) =>
        (code !== undefined && (UNAVAILABLE.test(code) || NETWORK_ERROR_CODES.has(code))) ||
        /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(message),
    );
  }

  violatedKey(error: unknown): string | null {
    return driverErrors(error).find(({ code }) => code === '23505')?.constraint ?? null;
  }

  violatesReference(error: unknown): boolean {
    return driverErrors(error).some(({ code }) => code === '23503');
  }
}
