import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load-config.js';
import { createOrm } from '../../src/database/create-orm.js';
import { createEmptyDatabase, dropDatabase } from '../support/database-servers.js';
import { describeEachDatabase } from '../support/databases.js';
import { readCatalog, type SchemaCatalog } from '../support/schema-catalog.js';

/** The ORM has one text type for both databases, but what MySQL calls text ends at 64 KiB. */
const LONG_TEXTS = ['audit_logs changes text', 'outbox_events payload text'];

/** What the entities describe, with the columns that the migrations make larger on purpose. */
function expected(catalog: SchemaCatalog, mode: 'postgres' | 'mysql'): SchemaCatalog {
  if (mode === 'postgres') return catalog;
  const enlarge = (line: string): string =>
    LONG_TEXTS.some((column) => line.startsWith(`${column} `)) ? line.replace(' text ', ' longtext ') : line;
  return { ...catalog, columns: catalog.columns.map(enlarge) };
}

describeEachDatabase((db) => {
  it('gets from the migrations the tables that the entities describe', async () => {
    const url = await createEmptyDatabase(db.kind);
    const { database } = parseConfig({ NODE_ENV: 'test', DATABASE_URL: url });
    const described = await createOrm(database, { logger: () => {} });
    try {
      await described.schema.create();
      const migrated = await readCatalog(db.orm, db.mode);
      expect(migrated).toEqual(expected(await readCatalog(described, db.mode), db.mode));
    } finally {
      await described.close(true);
      await dropDatabase(db.kind, url);
    }
  });

  it('can be taken down to nothing and built again', async () => {
    const before = await readCatalog(db.orm, db.mode);
    await db.orm.migrator.down({ to: 0 });
    expect(await readCatalog(db.orm, db.mode)).toEqual({ columns: [], keys: [], foreignKeys: [] });
    await db.orm.migrator.up();
    expect(await readCatalog(db.orm, db.mode)).toEqual(before);
  });
});
