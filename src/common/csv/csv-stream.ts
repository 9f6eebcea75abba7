import { pipeline, Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import { type CsvValue, csvText } from './csv-cell.js';

/** A column: what its header says, and its cell of a row. */
export interface CsvColumn<Row> {
  readonly header: string;
  readonly value: (row: Row) => CsvValue;
}

/** How a table is written. */
export interface CsvOptions {
  /** Puts a byte order mark first: some spreadsheet programs take UTF-8 for something else without it. Default: none. */
  readonly bom?: boolean;
}

type Rows<Row> = AsyncIterable<Row> | Iterable<Row>;

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';
/** Of itself the library quotes only the line break that ends records. */
const LINE_BREAK = /[\r\n]/;
/** What may stand in a file name of an answer. */
const NOT_IN_FILE_NAMES = /[^A-Za-z0-9._-]+/g;

/**
 * Writes rows as CSV (RFC 4180: UTF-8, CRLF, quotes where needed), safe to open in a spreadsheet program. Rows are asked
 * for as fast as the reader takes them and never kept, so the memory does not grow with the table. When the reader goes
 * away the rows' iterator is ended; when the rows fail the stream fails.
 */
export function csvStream<Row>(
  columns: readonly CsvColumn<Row>[],
  rows: Rows<Row>,
  { bom = false }: CsvOptions = {},
): Readable {
  const writer = stringify({ bom, record_delimiter: 'windows', quoted_match: LINE_BREAK });
  // The outcome is seen at the writer, which the pipeline ends or destroys.
  pipeline(Readable.from(records(columns, rows)), writer, () => undefined);
  return writer;
}

/**
 * The answer of a route that hands out CSV as a file. The first row is fetched before, so that rows that cannot be read
 * at all are answered with a problem; a failure in mid-table breaks the connection.
 */
export async function csvFile<Row>(
  fileName: string,
  columns: readonly CsvColumn<Row>[],
  rows: Rows<Row>,
  options: CsvOptions = {},
): Promise<StreamableFile> {
  const stream = csvStream(columns, await begun(rows), options);
  const name = fileName.replaceAll(NOT_IN_FILE_NAMES, '_');
  return new StreamableFile(stream, { type: CSV_TYPE, disposition: `attachment; filename="${name}"` });
}

async function* records<Row>(columns: readonly CsvColumn<Row>[], rows: Rows<Row>): AsyncGenerator<string[]> {
  yield columns.map(({ header }) => csvText(header));
  for await (const row of rows) yield columns.map(({ value }) => csvText(value(row)));
}

/** The same rows, of which the first is there already. */
async function begun<Row>(rows: Rows<Row>): Promise<AsyncIterable<Row>> {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  let first: IteratorResult<Row> | undefined = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const result = first ?? (await iterator.next());
        first = undefined;
        return result;
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}
