import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.js';

const COLUMNS = ['id', 'amount', 'flag', 'at', 'note'];
const AT = Date.UTC(2026, 2, 1, 6, 15, 0, 123);

describeEachDatabase((db) => {
  const instantColumn = () => (db.dialect.name === 'postgres' ? 'timestamptz(3)' : 'datetime(3)');

  beforeAll(async () => {
    await db.transactions.query(
      `create table bulk_rows (id varchar(64) primary key, amount double precision, flag boolean, at ${instantColumn()}, note text)`,
    );
  });
  afterAll(() => db.transactions.query('drop table bulk_rows'));

  const run = (statement: { sql: string; params: readonly unknown[] }) =>
    db.transactions.query(statement.sql, statement.params);
  async function stored(): Promise<unknown[][]> {
    const { rows } = await db.transactions.query<{ amount: number; flag: boolean | number; at: string | Date | null }>(
      'select * from bulk_rows order by id',
    );
    return rows.map(({ flag, at, ...row }) => [
      ...Object.values(row),
      flag === null ? null : Boolean(flag),
      at === null ? null : db.dialect.epochMs(at),
    ]);
  }

  it('stores every kind of cell as it is, however the text looks', async () => {
    const texts = [`it's "quoted" \\ and {"json": 1}`, 'Żółć 🌊\n\t?', '', 'null', '$1 ?'];
    const rows = texts.map((note, i) => [`a${i}`, i + 0.25, i % 2 === 0, db.dialect.instant(AT + i), note]);
    await run(db.dialect.insertRows('bulk_rows', COLUMNS, [...rows, ['a9', null, null, null, null]]));
    expect(await stored()).toEqual([
      ...texts.map((note, i) => [`a${i}`, i + 0.25, note, i % 2 === 0, AT + i]),
      ['a9', null, null, null, null],
    ]);
  });

  it('takes half of a surrogate pair for what it is: no text', async () => {
    await run(db.dialect.insertRows('bulk_rows', ['id', 'note'], [['b', 'half \ud83c pair']]));
    const { rows } = await db.transactions.query<{ note: string }>(`select note from bulk_rows where id = 'b'`);
    expect(rows[0]!.note).toBe('half \ufffd pair');
  });

  it('leaves out or replaces what is there, among thousands', async () => {
    await run(db.dialect.insertRows('bulk_rows', ['id', 'note'], [['c0001', 'first']]));
    const rows = Array.from({ length: 2_000 }, (_, i) => [`c${String(i).padStart(4, '0')}`, 'second'] as const);
    await run(db.dialect.insertRows('bulk_rows', ['id', 'note'], rows, db.dialect.skipTaken('id')));
    const count = async (note: string) => {
      const sql = `select count(*) as n from bulk_rows where id like 'c%' and note = ?`;
      return Number((await db.transactions.query<{ n: number | string }>(sql, [note])).rows[0]!.n);
    };
    expect([await count('first'), await count('second')]).toEqual([1, 1_999]);
    await run(
      db.dialect.upsertRows(
        'bulk_rows',
        ['id', 'note'],
        rows.slice(0, 10).map(([id]) => [id, 'third']),
      ),
    );
    expect([await count('first'), await count('second'), await count('third')]).toEqual([0, 1_990, 10]);
  });
});
