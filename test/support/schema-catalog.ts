import type { MikroORM } from '@mikro-orm/core';
import { runSql, sqlClientOf } from '../../src/database/sql.js';

/** What a database says of its tables, one line per column, key and foreign key; sorted, without what depends on names of files or order. */
export interface SchemaCatalog {
  readonly columns: string[];
  readonly keys: string[];
  readonly foreignKeys: string[];
}

interface Line {
  line: string;
}

const MYSQL = {
  columns: `select concat_ws(' ', table_name, column_name, column_type, collation_name, is_nullable,
      coalesce(column_default, 'NULL'), extra) as line
    from information_schema.columns where table_schema = database()`,
  keys: `select concat_ws(' ', table_name, if(non_unique, 'index', index_name),
      group_concat(column_name order by seq_in_index separator ',')) as line
    from information_schema.statistics where table_schema = database()
    group by table_name, index_name, non_unique`,
  foreignKeys: `select concat_ws(' ', r.table_name, r.constraint_name, k.column_name, r.referenced_table_name,
      replace(r.delete_rule, 'NO ACTION', 'RESTRICT'), replace(r.update_rule, 'NO ACTION', 'RESTRICT')) as line
    from information_schema.referential_constraints r
    join information_schema.key_column_usage k
      on k.constraint_schema = r.constraint_schema and k.constraint_name = r.constraint_name and k.table_name = r.table_name
    where r.constraint_schema = database()`,
};

const POSTGRES = {
  columns: `select concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid)) as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
  keys: `select concat_ws(' ', t.relname, case when i.indisprimary then 'primary' when i.indisunique then c.relname else 'index' end,
      (select string_agg(pg_get_indexdef(i.indexrelid, k, true), ',' order by k) from generate_series(1, i.indnkeyatts) k)) as line
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where t.relnamespace = 'public'::regnamespace`,
  foreignKeys: `select concat_ws(' ', conrelid::regclass, conname, replace(replace(pg_get_constraintdef(oid),
      ' ON DELETE NO ACTION', ''), ' ON DELETE RESTRICT', '')) as line
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
};

/** Reads the catalog of the database that an ORM is connected to; the ORM's own table of migrations and PostGIS' are left out. */
export async function readCatalog(orm: MikroORM, mode: 'postgres' | 'mysql'): Promise<SchemaCatalog> {
  const client = sqlClientOf(orm.em.fork());
  const read = async (sql: string): Promise<string[]> => {
    const { rows } = await runSql<Line>(client, sql, []);
    const lines = rows.map((row) => row.line.replaceAll(/ +/g, ' ').trim());
    return lines.filter((line) => !/^(schema_migrations|spatial_ref_sys)\b/.test(line)).sort();
  };
  const queries = mode === 'postgres' ? POSTGRES : MYSQL;
  return {
    columns: await read(queries.columns),
    keys: withoutRedundant(await read(queries.keys)),
    foreignKeys: await read(queries.foreignKeys),
  };
}

/**
 * Leaves out what another key of the same table does as well: an index on its first columns, or a second unique key on
 * the same columns. MySQL and the ORM each add such indexes of their own for foreign keys and auto increments.
 */
function withoutRedundant(lines: string[]): string[] {
  const keys = lines.map((line) => {
    const [table = '', name = '', columns = ''] = line.split(' ');
    return { line, table, columns, unique: name !== 'index' };
  });
  const covers = (other: (typeof keys)[number], key: (typeof keys)[number], isEarlier: boolean): boolean => {
    if (other.table !== key.table) return false;
    if (other.columns === key.columns)
      return (other.unique && !key.unique) || (other.unique === key.unique && isEarlier);
    return !key.unique && other.columns.startsWith(`${key.columns},`);
  };
  return keys
    .filter((key, index) => !keys.some((other, place) => place !== index && covers(other, key, place < index)))
    .map((key) => key.line);
}
