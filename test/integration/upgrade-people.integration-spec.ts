import { expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { parseConfig } from '../../src/config/load-config.js';
import { closeOrm, createOrm } from '../../src/database/create-orm.js';
import { Transactions } from '../../src/database/transaction.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { Principals } from '../../src/users/principals.js';
import { createEmptyDatabase, dropDatabase } from '../support/database-servers.js';
import { describeEachDatabase } from '../support/databases.js';

const FIRST = 'Migration20261121000000_initial';

describeEachDatabase((db) => {
  it('makes members of the people of an installation from before memberships, and the way back', async () => {
    const url = await createEmptyDatabase(db.kind);
    const { database } = parseConfig({ NODE_ENV: 'test', DATABASE_URL: url });
    const orm = await createOrm(database, { logger: () => {} });
    try {
      await orm.migrator.up({ to: FIRST });
      const transactions = new Transactions(orm.em, db.dialect);
      const [municipality, clerk, root] = [newId(), newId(), newId()];
      const now = db.dialect.instant(Date.now());
      await transactions.query(
        `insert into municipalities (id, code, name, created_at, updated_at) values (?, 'old', 'Old', ?, ?)`,
        [municipality, now, now],
      );
      for (const [id, role, of] of [
        [clerk, 'field_engineer', municipality],
        [root, 'super_admin', null],
      ]) {
        await transactions.query(
          `insert into users (id, email, name, password_hash, role, municipality_id, created_at, updated_at)
           values (?, ?, 'Somebody', 'x', ?, ?, ?, ?)`,
          [id, `${role}@old.example`, role, of, now, now],
        );
      }

      await orm.migrator.up();
      const principals = new Principals(transactions, db.dialect, new PasswordHasher());
      expect(await principals.find(clerk)).toMatchObject({
        superAdmin: false,
        memberships: [{ municipalityId: municipality, role: 'field_engineer', municipalityIds: [municipality] }],
      });
      expect(await principals.find(root)).toMatchObject({ superAdmin: true, memberships: [] });

      await orm.migrator.down({ to: FIRST });
      const { rows } = await transactions.query(`select id, role, municipality_id from users order by role`);
      expect(rows).toEqual([
        { id: clerk, role: 'field_engineer', municipality_id: municipality },
        { id: root, role: 'super_admin', municipality_id: null },
      ]);
    } finally {
      await closeOrm(orm, database);
      await dropDatabase(db.kind, url);
    }
  });
});
