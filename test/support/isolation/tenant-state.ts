import type { EntityMetadata, EntityProperty } from '@mikro-orm/core';
import type { TestDatabase } from '../databases.js';

/** Tables that the whole country shares: nobody of a municipality may change any row of them. */
export const NATIONAL: ReadonlySet<string> = new Set(['sensor_types', 'protocols']);

/** Tables that say nothing about a tenant and move by themselves, each with the reason. */
const UNWATCHED: Readonly<Record<string, string>> = {
  counters: 'one number for the whole installation; every change of a device or rule moves it',
  broker_sync: 'progress of the work on the rights of all devices at the broker',
  audit_keys: 'keys of the installation',
  device_authorities: 'authorities of the installation, with the numbers of their revocation lists',
  audit_pending: 'a list of work, emptied within seconds',
  listening_spans: 'when processes of the platform listened; nothing of a tenant',
  audit_chains: 'heads of the chains; they move with every row that is sealed',
};

/** Tables that rows may be added to by what others do or fail to do; what stands there never changes and never goes. */
const APPEND_ONLY: ReadonlySet<string> = new Set(['audit_logs', 'audit_seals', 'audit_anchors']);

/** Columns that the platform itself moves, without anybody changing the record. */
const MOVED_BY_ITSELF: ReadonlySet<string> = new Set(['last_used_at', 'last_seen_at', 'last_login_at']);

/** Column that names a row of another table without a foreign key, and how its owner is found. */
const BY_COLUMN: Readonly<Record<string, { readonly table: string; readonly key: string }>> = {
  series_id: { table: 'sensors', key: 'series_id' },
  user_id: { table: 'users', key: 'id' },
  device_id: { table: 'devices', key: 'id' },
  audit_id: { table: 'audit_logs', key: 'id' },
};

/** Columns that hold the municipality, with or without a foreign key. */
export const TENANT_COLUMNS: ReadonlySet<string> = new Set(['municipality_id', 'chain']);

/** The table whose row a column names. */
export function tableNamedBy(prop: EntityProperty): string | undefined {
  return prop.targetMeta?.tableName ?? BY_COLUMN[prop.fieldNames?.[0] ?? '']?.table;
}

/** Rows of a tenant by table and primary key. */
export type Rows = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads every row that belongs to some municipalities, whatever table it lies in; a new table is found by its metadata. */
export class TenantState {
  private readonly statements: readonly { table: string; keys: readonly string[]; sql: string; owned: boolean }[];

  /** @throws Error for a table of which nobody said whose rows it holds */
  constructor(
    private readonly db: TestDatabase,
    private readonly municipalityIds: readonly string[],
    /** People who also belong to others, and whose own doings are not the tenant's. */
    private readonly guests: readonly string[] = [],
  ) {
    const all = [...db.orm.getMetadata().getAll().values()].filter(({ abstract }) => !abstract);
    this.statements = all
      .filter(({ tableName }) => !(tableName in UNWATCHED))
      .map((meta) => {
        const table = meta.tableName;
        const condition = NATIONAL.has(table) ? '1 = 1' : this.ownedBy(all, meta);
        if (condition === undefined) {
          throw new Error(`whose are the rows of "${table}"? Give it a foreign key to its owner, or name it here`);
        }
        const keys = meta.getPrimaryProps().flatMap(({ fieldNames }) => fieldNames);
        return { table, keys, sql: `select * from ${table} where ${condition}`, owned: !NATIONAL.has(table) };
      });
  }

  /** Tables whose rows belong to tenants. */
  get tables(): string[] {
    return this.statements.filter(({ owned }) => owned).map(({ table }) => table);
  }

  async read(): Promise<Rows> {
    const read = this.statements.map(async ({ table, keys, sql }) => {
      const { rows } = await this.db.transactions.query<Record<string, unknown>>(sql);
      const entries = rows.map((row) => {
        const kept = Object.entries(row).filter(([column]) => !MOVED_BY_ITSELF.has(column));
        return [keys.map((key) => String(row[key])).join('/'), JSON.stringify(Object.fromEntries(kept))] as const;
      });
      return [table, new Map(entries)] as const;
    });
    return new Map(await Promise.all(read));
  }

  /** The SQL condition under which a row belongs to the municipalities; undefined when nothing tells. */
  private ownedBy(all: readonly EntityMetadata[], meta: EntityMetadata, depth = 0): string | undefined {
    const ids = `(${this.municipalityIds.map((id) => `'${id}'`).join(', ')})`;
    if (meta.tableName === 'municipalities') return `id in ${ids}`;
    if (meta.tableName === 'users') {
      const guests = this.guests.map((id) => ` and id <> '${id}'`).join('');
      return `id in (select user_id from memberships where municipality_id in ${ids})${guests}`;
    }
    if (depth > 3) return undefined;
    const columns = meta.props.flatMap((prop) => (prop.fieldNames ?? []).map((column) => ({ column, prop })));
    const tenant = columns.filter(
      ({ column, prop }) => targetOf(prop) === 'municipalities' || TENANT_COLUMNS.has(column),
    );
    if (tenant.length > 0) return tenant.map(({ column }) => `${column} in ${ids}`).join(' or ');
    const parents = columns.flatMap(({ column, prop }) => {
      const table = tableNamedBy(prop);
      const parent = all.find(({ tableName }) => tableName === table);
      const owned = parent && !NATIONAL.has(parent.tableName) && this.ownedBy(all, parent, depth + 1);
      const key = targetOf(prop) === undefined ? BY_COLUMN[column]?.key : parent?.getPrimaryProps()[0]?.fieldNames[0];
      return owned ? [`${column} in (select ${key} from ${table} where ${owned})`] : [];
    });
    return parents.length > 0 ? parents.join(' or ') : undefined;
  }
}

/** What differs between two readings of the state: `alerts 0199…: was …, is …`. */
export function differences(before: Rows, after: Rows): string[] {
  return [...before.keys()].flatMap((table) => {
    const [old, now] = [before.get(table)!, after.get(table)!];
    const keys = [...new Set([...old.keys(), ...now.keys()])];
    return keys
      .filter((key) => old.get(key) !== now.get(key) && !(APPEND_ONLY.has(table) && !old.has(key)))
      .map((key) => `${table} ${key}: was ${old.get(key) ?? 'absent'}, is ${now.get(key) ?? 'gone'}`);
  });
}

function targetOf(prop: EntityProperty): string | undefined {
  return prop.targetMeta?.tableName;
}
