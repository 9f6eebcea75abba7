import { expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { parseConfig } from '../../src/config/load-config.js';
import { closeOrm, createOrm } from '../../src/database/create-orm.js';
import { Transactions } from '../../src/database/transaction.js';
import { createEmptyDatabase, dropDatabase } from '../support/database-servers.js';
import { describeEachDatabase } from '../support/databases.js';

const BEFORE = 'Migration20261122030000_catalogues';

describeEachDatabase((db) => {
  it('expects of the devices of an earlier version what their heartbeat said, until they were deactivated', async () => {
    const url = await createEmptyDatabase(db.kind);
    const { database } = parseConfig({ NODE_ENV: 'test', DATABASE_URL: url });
    const orm = await createOrm(database, { logger: () => {} });
    try {
      await orm.migrator.up({ to: BEFORE });
      const transactions = new Transactions(orm.em, db.dialect);
      const [municipality, made, changed] = [newId(), Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)];
      const [then, later] = [db.dialect.instant(made), db.dialect.instant(changed)];
      await transactions.query(
        `insert into municipalities (id, code, name, created_at, updated_at) values (?, 'old', 'Old', ?, ?)`,
        [municipality, then, then],
      );
      for (const [id, status, seconds] of [
        ['running', 'active', 300],
        ['stopped', 'deactivated', 600],
      ]) {
        await transactions.query(
          `insert into devices (id, municipality_id, name, status, heartbeat_interval_seconds, created_at, updated_at)
           values (?, ?, 'Gauge', ?, ?, ?, ?)`,
          [id, municipality, status, seconds, then, later],
        );
      }

      await orm.migrator.up();
      const { rows } = await transactions.query<{ device_id: string; since: string; interval_seconds: number | null }>(
        `select device_id, since, interval_seconds from reporting_schedules order by device_id, since`,
      );
      expect(rows.map((row) => [row.device_id, db.dialect.epochMs(row.since), row.interval_seconds])).toEqual([
        ['running', made, 300],
        ['stopped', made, 600],
        ['stopped', changed, null],
      ]);

      await orm.migrator.down({ to: BEFORE });
      const { rows: devices } = await transactions.query(`select id from devices order by id`);
      expect(devices).toEqual([{ id: 'running' }, { id: 'stopped' }]);
    } finally {
      await closeOrm(orm, database);
      await dropDatabase(db.kind, url);
    }
  });
});
