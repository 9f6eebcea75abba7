import { CsvError, parse } from 'csv-parse/sync';
import { ValidationError } from '../../common/errors/errors.js';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Number of the line that it begins on, counted from 1. */
  readonly line: number;
  /** One cell for each column of the header, trimmed. */
  readonly cells: readonly string[];
  /** How many cells it had. */
  readonly width: number;
}

/** A CSV file with its header. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly records: readonly CsvRecord[];
  /** Between cells: Excel writes `;` where the comma is the decimal point of the country. */
  readonly separator: string;
}

const SEPARATORS = [';', '\t', ','];

/**
 * Reads CSV as people hand it over: UTF-8 with or without a byte order mark, cells separated by `,`, `;` or tabs, CRLF or LF,
 * quoted cells with line breaks, empty lines.
 * @throws ValidationError `NOT_UTF8`, `EMPTY_FILE`, or `MALFORMED_CSV` for a quote that is never closed
 */
export function readCsvTable(bytes: Uint8Array): CsvTable {
  const text = decode(bytes);
  const separator = separatorOf(text);
  const [header, ...records] = parseRecords(text, separator);
  if (header === undefined) throw fileError('EMPTY_FILE', 'The file is empty; its first line names the columns.');
  return {
    columns: header.cells,
    separator,
    records: records.filter(({ cells }) => cells.some((cell) => cell !== '')),
  };
}

/** A problem of the file as a whole, or of one column of it. */
export function fileError(code: string, message: string, path = ''): ValidationError {
  return new ValidationError([{ path, code, message }], code, message);
}

function decode(bytes: Uint8Array): string {
  try {
    // One kind of line break: the library counts lines by it, and a cell has no need of another.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, '\n');
  } catch {
    throw fileError('NOT_UTF8', 'The file is not UTF-8; in Excel save it as "CSV UTF-8".');
  }
}

/** The header names columns only, none of which holds a separator. */
function separatorOf(text: string): string {
  const header = /^\s*([^\n]*)/.exec(text)?.[1] ?? '';
  return SEPARATORS.find((separator) => header.includes(separator)) ?? ',';
}

function parseRecords(text: string, delimiter: string): CsvRecord[] {
  try {
    // With `info` the library answers objects, which its declaration does not say.
    const parsed: unknown[] = parse(text, {
      delimiter,
      info: true,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
    return (parsed as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines - record.reduce((sum, cell) => sum + lineBreaks(cell), 0),
      cells: record.map((cell) => cell.trim()),
      width: record.length,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw fileError('MALFORMED_CSV', `The file cannot be read as CSV: ${error.message}.`);
  }
}

function lineBreaks(cell: string): number {
  return cell.match(/\n/g)?.length ?? 0;
}
