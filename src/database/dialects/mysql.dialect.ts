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

/** Too many connections, shutdown, read-only during a failover, killed or lost connections, time limits. */
const UNAVAILABLE = new Set([
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
  'ER_QUERY_TIMEOUT',
  'ER_STATEMENT_TIMEOUT',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** MySQL 8.4 and newer, and MariaDB 10.11 and newer; statements are kept to what both understand. */
export class MysqlDialect extends SqlDialect {
  readonly name = 'mysql';
  readonly instantType = 'datetime(3)';

  bind(sql: string): string {
    return sql;
  }

  anyOf(column: string, ids: readonly number[]): { sql: string; params: unknown[] } {
    return { sql: `${column} in ${placeholders(ids.length)}`, params: [...ids] };
  }

  merge(table: string, keys: readonly string[], columns: Readonly<Record<string, Merging>>, count: number): string {
    const names = Object.keys(columns);
    const rows = `${placeholders(keys.length + names.length)},`.repeat(count).slice(0, -1);
    const changes = names.map((name) => {
      const given = `values(${name})`;
      if (columns[name] === 'add') return `${name} = ${name} + ${given}`;
      // Of a null, least and greatest make null here.
      return `${name} = ${columns[name]}(coalesce(${name}, ${given}), coalesce(${given}, ${name}))`;
    });
    return `insert into ${table} (${[...keys, ...names].join(', ')}) values ${rows}
      on duplicate key update ${changes.join(', ')}`;
  }

  async runBoth(client: SqlClient, first: Statement, second: Statement): Promise<void> {
    await runSql(client, first.sql, first.params);
    await runSql(client, second.sql, second.params);
  }

  upsert(table: string, columns: readonly string[], count: number): string {
    const rows = `${placeholders(columns.length)},`.repeat(count).slice(0, -1);
    const changes = columns.slice(1).map((column) => `${column} = values(${column})`);
    return `insert into ${table} (${columns.join(', ')}) values ${rows} on duplicate key update ${changes.join(', ')}`;
  }

  insertRows(table: string, columns: readonly string[], rows: readonly Cells[], end = ''): Statement {
    const values = `${placeholders(columns.length)},`.repeat(rows.length).slice(0, -1);
    return { sql: `insert into ${table} (${columns.join(', ')}) values ${values} ${end}`, params: rows.flat() };
  }

  upsertRows(table: string, columns: readonly string[], rows: readonly Cells[]): Statement {
    const changes = columns.slice(1).map((column) => `${column} = values(${column})`);
    return this.insertRows(table, columns, rows, `on duplicate key update ${changes.join(', ')}`);
  }

  skipTaken(column: string): string {
    return `on duplicate key update ${column} = ${column}`;
  }

  instant(epochMs: number): string {
    return new Date(epochMs).toISOString().slice(0, 23).replace('T', ' ');
  }

  epochMs(value: string | Date): number {
    return value instanceof Date ? value.getTime() : Date.parse(`${value.replace(' ', 'T')}Z`);
  }

  bucketStart(column: string, seconds: number, origin: number): string {
    const from = `timestamp '${this.instant(origin).slice(0, 19)}'`;
    const size = Math.trunc(seconds);
    return `timestampadd(second, timestampdiff(second, ${from}, ${column}) div ${size} * ${size}, ${from})`;
  }

  private rowParams(rows: ReadingColumns): unknown[] {
    const params: unknown[] = [];
    for (let i = 0; i < rows.seriesIds.length; i++) {
      params.push(this.instant(rows.instants[i]!), rows.values[i], rows.seriesIds[i], rows.qualities[i], rows.risks[i]);
    }
    return params;
  }

  private rowList(count: number): string {
    return '(?,?,?,?,?),'.repeat(count).slice(0, -1);
  }

  async advanceLatest(client: SqlClient, newest: ReadingColumns): Promise<(number | null)[]> {
    const before = await this.lockLatest(client, newest.seriesIds);
    const moving = newest.seriesIds.some((seriesId, i) => (before.get(seriesId) ?? -Infinity) < newest.instants[i]!);
    if (moving) {
      // Assignments run from left to right and see what was assigned before, so instant comes last.
      const newer = 'instant is null or values(instant) > instant';
      await runSql(
        client,
        `insert into latest_readings (instant, value, series_id, quality, risk) values ${this.rowList(newest.seriesIds.length)}
         on duplicate key update previous_instant = if(${newer}, instant, previous_instant),
           value = if(${newer}, values(value), value), quality = if(${newer}, values(quality), quality),
           risk = if(${newer}, values(risk), risk), instant = if(${newer}, values(instant), instant)`,
        this.rowParams(newest),
      );
    }
    return newest.seriesIds.map((seriesId) => before.get(seriesId) ?? null);
  }

  /** Locks the rows of the series in key order; a row that is missing is made first, since what is not there cannot be locked. */
  private async lockLatest(client: SqlClient, seriesIds: number[]): Promise<Map<number, number | null>> {
    const select = `select series_id, instant from latest_readings where series_id in ${placeholders(seriesIds.length)}
      order by series_id for update`;
    let locked = await runSql<{ series_id: number; instant: string | null }>(client, select, seriesIds);
    if (locked.rows.length < seriesIds.length) {
      const present = new Set(locked.rows.map((row) => row.series_id));
      const missing = seriesIds.filter((seriesId) => !present.has(seriesId));
      await runSql(
        client,
        `insert into latest_readings (series_id) values ${'(?),'.repeat(missing.length).slice(0, -1)}
         on duplicate key update series_id = values(series_id)`,
        missing,
      );
      locked = await runSql<{ series_id: number; instant: string | null }>(client, select, seriesIds);
    }
    return new Map(locked.rows.map((row) => [row.series_id, row.instant === null ? null : this.epochMs(row.instant)]));
  }

  async insertFresh(client: SqlClient, rows: ReadingColumns): Promise<number> {
    // Not INSERT IGNORE, which would also swallow range errors. The driver counts found rows, not changed ones, so a
    // duplicate has to show itself as an error.
    const insert = `insert into readings (instant, value, series_id, quality, risk) values ${this.rowList(rows.seriesIds.length)}`;
    try {
      return (await runSql(client, insert, this.rowParams(rows))).affected;
    } catch (error) {
      if (this.violatedKey(error) === null) throw error;
      return 0;
    }
  }

  async insertLate(client: SqlClient, rows: ReadingColumns): Promise<boolean[]> {
    // The series are locked by their latest rows, so nobody can insert between this look and the insert.
    const present = new Set(
      (await this.storedValues(client, rows.seriesIds, rows.instants)).map((row) => `${row.seriesId} ${row.instant}`),
    );
    const inserted = rows.seriesIds.map((seriesId, i) => !present.has(`${seriesId} ${rows.instants[i]}`));
    const pick = <T>(column: T[]): T[] => column.filter((_, i) => inserted[i]);
    if (inserted.includes(true)) {
      await this.insertFresh(client, {
        seriesIds: pick(rows.seriesIds),
        instants: pick(rows.instants),
        values: pick(rows.values),
        qualities: pick(rows.qualities),
        risks: pick(rows.risks),
      });
    }
    return inserted;
  }

  async storedValues(client: SqlClient, seriesIds: number[], instants: number[]): Promise<StoredValue[]> {
    const result = await runSql<{ series_id: number; instant: string; value: number }>(
      client,
      `select series_id, instant, value from readings
       where (series_id, instant) in (${'(?,?),'.repeat(seriesIds.length).slice(0, -1)})`,
      seriesIds.flatMap((seriesId, i) => [seriesId, this.instant(instants[i]!)]),
    );
    return result.rows.map((row) => ({
      seriesId: row.series_id,
      instant: this.epochMs(row.instant),
      value: row.value,
    }));
  }

  async reservePositions(client: SqlClient, municipalityIds: string[], counts: number[]): Promise<number[]> {
    await runSql(
      client,
      `insert into live_positions (municipality_id, position) values ${'(?,?),'.repeat(counts.length).slice(0, -1)}
       on duplicate key update position = position + values(position)`,
      municipalityIds.flatMap((id, i) => [id, counts[i]]),
    );
    const result = await runSql<{ municipality_id: string; position: number | string }>(
      client,
      `select municipality_id, position from live_positions where municipality_id in ${placeholders(municipalityIds.length)}
       for update`,
      municipalityIds,
    );
    const positions = new Map(result.rows.map((row) => [row.municipality_id, Number(row.position)]));
    return municipalityIds.map((id) => positions.get(id)!);
  }

  async ensureMonth(): Promise<void> {
    // Not partitioned here: InnoDB clusters by (series, instant), and MySQL allows no foreign keys on partitioned tables.
  }

  /** Named locks are the server's, so the name holds the database's; a day stands for "as long as it takes". */
  async lockSchema(client: SqlClient): Promise<() => Promise<void>> {
    const name = `concat(left(database(), 40), ' schema changes')`;
    await runSql(client, `select get_lock(${name}, 86400)`, []);
    return async () => void (await runSql(client, `select release_lock(${name})`, []));
  }

  enableExtensions(): Promise<{ postgis: string | null }> {
    return Promise.resolve({ postgis: null });
  }

  isDeadlock(error: unknown): boolean {
    return driverErrors(error).some(({ code }) => code === 'ER_LOCK_DEADLOCK' || code === 'ER_CHECKREAD');
  }

  isUnavailable(error: unknown): boolean {
    return driverErrors(error).some(
      ({ code, message }) =>
        (code !== undefined && (UNAVAILABLE.has(code) || NETWORK_ERROR_CODES.has(code))) ||
        /closed state|Pool is closed|Connection lost/.test(message),
    );
  }

  violatedKey(error: unknown): string | null {
    const duplicate = driverErrors(error).find(({ code }) => code === 'ER_DUP_ENTRY');
    return duplicate ? (/for key '(?:\w+\.)?(\w+)'/.exec(duplicate.message)?.[1] ?? 'unknown') : null;
  }

  violatesReference(error: unknown): boolean {
    return driverErrors(error).some(
      ({ code = '' }) => code === 'ER_ROW_IS_REFERENCED_2' || code === 'ER_NO_REFERENCED_ROW_2',
    );
  }
}
