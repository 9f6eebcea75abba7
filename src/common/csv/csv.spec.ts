import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { csvText } from './csv-cell.js';
import { type CsvColumn, csvFile, csvStream } from './csv-stream.js';

interface Row {
  readonly name: string;
  readonly value: number;
}

const COLUMNS: CsvColumn<Row>[] = [
  { header: 'name', value: ({ name }) => name },
  { header: 'value', value: ({ value }) => value },
];

describe('a cell', () => {
  it.each([
    '=1+1',
    '+1+1',
    '-1+1',
    '@SUM(A1)',
    '=HYPERLINK("http://evil.example","click")',
    "=cmd|' /C calc'!A0",
    '\t=1',
    '\rfoo',
    '\nfoo',
    '\ttext',
    '  =1',
    '\u00a0=1',
    '\ufeff=1',
    '\u0000=1',
    '"=1+1"',
    "'=1+1",
    '＝1+1',
    '＠SUM(A1)',
    '-1-1',
    '+49 30 1234',
    '-',
  ])('%j cannot be calculated', (formula) => {
    expect(csvText(formula)).toBe(`'${formula}`);
  });

  it.each(['', 'Gauge 7', 'a=b', 'x-y', 'mail@water.example', '"quoted"', '-1.5', '+2', '-1e-5', '12,5', 'Straße'])(
    '%j stays as it is',
    (harmless) => {
      expect(csvText(harmless)).toBe(harmless);
    },
  );

  it('holds numbers, instants, truth values and nothing', () => {
    const values = [-1.5, -0, 1e21, 10n, new Date(0), true, null, undefined];
    expect(values.map(csvText)).toEqual(['-1.5', '0', '1e+21', '10', '1970-01-01T00:00:00.000Z', 'true', '', '']);
  });
});

describe('a table', () => {
  it('has a header, CRLF, and quotes where they are needed', async () => {
    const rows = [
      { name: 'a "b", c', value: -1 },
      { name: 'two\r\nlines', value: 2.5 },
      { name: '=1+1', value: 0 },
    ];
    expect(await text(csvStream(COLUMNS, rows))).toBe(
      'name,value\r\n"a ""b"", c",-1\r\n"two\r\nlines",2.5\r\n\'=1+1,0\r\n',
    );
    expect(await text(csvStream(COLUMNS, []))).toBe('name,value\r\n');
    const marked = csvStream([{ header: '=x', value: () => 'ü' }], [1], { bom: true });
    expect((await buffer(marked)).toString('latin1')).toBe("\xef\xbb\xbf'=x\r\n\xc3\xbc\r\n");
  });

  it('quotes every kind of line break', async () => {
    const rows = ['a\nb', 'a\rb', ' a '].map((name) => ({ name, value: 1 }));
    expect(await text(csvStream(COLUMNS, rows))).toBe('name,value\r\n"a\nb",1\r\n"a\rb",1\r\n a ,1\r\n');
  });

  it('asks for rows only as fast as they are taken, and ends their iterator when nobody takes more', async () => {
    let [made, ended] = [0, false];
    async function* endless(): AsyncGenerator<Row> {
      try {
        for (;;) yield await Promise.resolve({ name: 'x'.repeat(1_000), value: made++ });
      } finally {
        ended = true;
      }
    }
    const stream = csvStream(COLUMNS, endless());
    await once(stream, 'readable');
    await sleep(20);
    expect(made).toBeLessThan(200);
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes > 5_000_000) break;
    }
    expect(made).toBeGreaterThan(4_000);
    expect(made).toBeLessThan(6_000);
    await expect.poll(() => ended).toBe(true);
  });

  it('fails when its rows fail', async () => {
    function* failing(): Generator<Row> {
      yield { name: 'a', value: 1 };
      throw new Error('the database is away');
    }
    await expect(text(csvStream(COLUMNS, failing()))).rejects.toThrow('the database is away');
  });
});

describe('a file', () => {
  it('names its type and itself, and holds every row', async () => {
    const file = await csvFile('activity of "ann"\r\n.csv', COLUMNS, [
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ]);
    expect(file.getHeaders()).toMatchObject({
      type: 'text/csv; charset=utf-8; header=present',
      disposition: 'attachment; filename="activity_of_ann_.csv"',
    });
    expect(await text(file.getStream())).toBe('name,value\r\na,1\r\nb,2\r\n');
    expect(await text((await csvFile('none.csv', COLUMNS, [])).getStream())).toBe('name,value\r\n');
  });

  it('fails before anything is sent when not even the first row can be read', async () => {
    // eslint-disable-next-line require-yield
    async function* failing(): AsyncGenerator<Row> {
      await Promise.reject(new Error('the database is away'));
    }
    await expect(csvFile('x.csv', COLUMNS, failing())).rejects.toThrow('the database is away');
  });
});
