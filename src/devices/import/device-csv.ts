import type { FieldError } from '../../common/errors/domain.error.js';
import { fieldErrorsOf } from '../../common/errors/standard-schema.errors.js';
import { registerDeviceSchema, type RegisterDevice } from '../device.schemas.js';
import { fileError, readCsvTable, type CsvRecord } from './csv-table.js';

/** A device as a line of the file describes it. */
export interface DeviceRow {
  /** Number of the line that it begins on, counted from 1 (the header). */
  readonly line: number;
  /** As it stands there, also when it is none. */
  readonly deviceId: string | null;
  /** Id or code, as it stands there; undefined: the caller's own. */
  readonly municipality: string | undefined;
  /** What is to be registered; undefined when something is wrong. Its municipality is not looked up yet. */
  readonly input: RegisterDevice | undefined;
  /** What is wrong, by column. */
  readonly errors: readonly FieldError[];
  /** The line as it stands there, for whoever hands it on. */
  readonly cells: readonly string[];
}

/** A file of devices. */
export interface DeviceFile {
  readonly columns: readonly string[];
  readonly separator: string;
  readonly rows: readonly DeviceRow[];
}

type Convert = (cell: string, file: { readonly decimalComma: boolean }) => unknown;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const METADATA = 'metadata.';

const text: Convert = (cell) => cell;
/** What is no number stays text, for the schema to refuse. */
const number: Convert = (cell, { decimalComma }) => {
  const plain = decimalComma ? cell.replace(',', '.') : cell;
  return NUMBER.test(plain) ? Number(plain) : cell;
};
/** As spreadsheets write it, too. */
const yesOrNo: Convert = (cell) => {
  const word = cell.toLowerCase();
  if (['true', 'yes', '1'].includes(word)) return true;
  return ['false', 'no', '0'].includes(word) ? false : cell;
};
const list = (cell: string): string[] => cell.split(/[|;]/).flatMap((part) => part.trim() || []);
const sensors: Convert = (cell) =>
  list(cell).map((one) => {
    const [typeCode = '', ...code] = one.split(':').map((part) => part.trim());
    return code.length === 0 ? { typeCode } : { typeCode, code: code.join(':') };
  });

/** The columns, and the field of a registration that each of them is. */
const COLUMNS: Readonly<Record<string, readonly [field: string, convert: Convert]>> = {
  device_id: ['deviceId', text],
  name: ['name', text],
  municipality: ['municipalityId', text],
  auth_methods: ['authMethods', list],
  latitude: ['latitude', number],
  longitude: ['longitude', number],
  sensors: ['sensors', sensors],
  heartbeat_interval_seconds: ['heartbeatIntervalSeconds', number],
  reporting_interval_seconds: ['reportingIntervalSeconds', number],
  protocol: ['protocolCode', text],
  profile: ['profileCode', text],
  dev_eui: ['devEui', text],
  signature_required: ['signatureRequired', yesOrNo],
};
const REQUIRED = ['device_id', 'name'];
const COLUMN_OF = new Map(Object.entries(COLUMNS).map(([column, [field]]) => [field, column]));

/** Names of the columns that a file may have, besides `metadata.*`. */
export const DEVICE_COLUMNS = Object.keys(COLUMNS);

/**
 * Reads a file of devices; a line that is wrong costs only itself.
 * @param maxRows more of them are refused
 * @throws ValidationError for what is wrong with the file as a whole: `NOT_UTF8`, `EMPTY_FILE`, `MALFORMED_CSV`,
 *   `MISSING_COLUMN`, `UNKNOWN_COLUMN`, `DUPLICATE_COLUMN`, `TOO_MANY_ROWS`
 */
export function readDeviceCsv(bytes: Uint8Array, maxRows: number): DeviceFile {
  const { columns: header, records, separator } = readCsvTable(bytes);
  const columns = header.map(columnNamed);
  checkColumns(columns);
  if (records.length > maxRows) {
    throw fileError('TOO_MANY_ROWS', `The file has ${records.length} devices; at most ${maxRows} are taken at once.`);
  }
  const decimalComma = separator !== ',';
  const rows = markDuplicates(records.map((record) => rowOf(record, columns, decimalComma)));
  return { columns, separator, rows };
}

/** Upper and lower case are the same, but in the names of an administrator's own fields. */
function columnNamed(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith(METADATA) ? METADATA + name.slice(METADATA.length) : lower;
}

function checkColumns(columns: readonly string[]): void {
  const missing = REQUIRED.find((name) => !columns.includes(name));
  if (missing) throw fileError('MISSING_COLUMN', `The first line names no column "${missing}".`, missing);
  for (const [index, name] of columns.entries()) {
    if (columns.indexOf(name) !== index) {
      throw fileError('DUPLICATE_COLUMN', `The column "${name}" stands there twice.`, name);
    }
    if (!Object.hasOwn(COLUMNS, name) && !(name.startsWith(METADATA) && name.length > METADATA.length)) {
      const known = [...DEVICE_COLUMNS, `${METADATA}*`].join(', ');
      throw fileError('UNKNOWN_COLUMN', `There is no column "${name}"; there are ${known}.`, name);
    }
  }
}

function rowOf({ line, cells, width }: CsvRecord, columns: readonly string[], decimalComma: boolean): DeviceRow {
  const cell = (name: string): string | undefined => cells[columns.indexOf(name)] || undefined;
  const known = { line, cells, deviceId: cell('device_id') ?? null, municipality: cell('municipality') };
  if (width !== columns.length) {
    const message = `has ${width} cells, and there are ${columns.length} columns`;
    return { ...known, input: undefined, errors: [{ path: '', code: 'WRONG_NUMBER_OF_CELLS', message }] };
  }
  const fields: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [index, name] of columns.entries()) {
    const value = cells[index];
    if (!value || name === 'municipality') continue;
    const column = COLUMNS[name];
    if (column === undefined) metadata[name.slice(METADATA.length)] = value;
    else fields[column[0]] = column[1](value, { decimalComma });
  }
  if (Object.keys(metadata).length > 0) fields['metadata'] = metadata;
  const parsed = registerDeviceSchema.safeParse(fields);
  if (parsed.success) return { ...known, input: parsed.data, errors: [] };
  return { ...known, input: undefined, errors: fieldErrorsOf(parsed.error.issues).map(inColumn) };
}

/** Names the column, and of a list the place in it. */
export function inColumn({ path, code, message }: FieldError): FieldError {
  const [field = '', ...rest] = path.split('.');
  return { path: [COLUMN_OF.get(field) ?? field, ...rest].join('.'), code, message };
}

function markDuplicates(rows: readonly DeviceRow[]): DeviceRow[] {
  const first = new Map<string, number>();
  return rows.map((row) => {
    const names = [
      ['device_id', row.deviceId, row.deviceId],
      // Each municipality may have it once.
      ['dev_eui', row.input?.devEui, `${row.municipality?.toLowerCase()} ${row.input?.devEui}`],
    ] as const;
    for (const [path, name, key] of names) {
      if (name === null || name === undefined) continue;
      const line = first.get(`${path} ${key}`);
      first.set(`${path} ${key}`, line ?? row.line);
      if (line === undefined) continue;
      const message = `"${name}" stands in line ${line} already`;
      return { ...row, input: undefined, errors: [...row.errors, { path, code: 'DUPLICATE_IN_FILE', message }] };
    }
    return row;
  });
}
