import { csvText } from '../../common/csv/csv-cell.js';
import type { DeviceRow } from '../../devices/import/device-csv.js';

/** What became of a line of the file. */
export type OutcomeStatus =
  /** Registered now, or in an earlier part of the run. */
  | 'created'
  /** Existed already (or its answer was lost) and got new credentials. */
  | 'reissued'
  /** Exists, and nobody here has its credentials. */
  | 'exists_without_credentials'
  /** Would be registered (dry run). */
  | 'valid'
  | 'error'
  /** The run ended before its turn. */
  | 'not_done';

/** A line of the file, and what became of it. */
export interface Outcome {
  readonly row: DeviceRow;
  readonly status: OutcomeStatus;
  readonly code?: string;
  readonly message?: string;
  /** Folder, or place in the archive, of its bundle. */
  readonly bundle?: string;
}

/** Whether the device is in service with credentials that are in somebody's hands. */
export function isDone({ status }: Pick<Outcome, 'status'>): boolean {
  return status === 'created' || status === 'reissued' || status === 'valid';
}

/** A table of all lines, without secrets. */
export function resultsCsv(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ row, status, code, message, bundle }) => [
    row.line,
    row.deviceId,
    status,
    code ?? null,
    message ?? null,
    bundle ?? null,
  ]);
  return [['line', 'device_id', 'status', 'code', 'message', 'bundle'], ...lines]
    .map((cells) => `${cells.map(quoted).join(',')}\r\n`)
    .join('');
}

function quoted(value: string | number | null): string {
  const text = csvText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** How many lines ended in each way, for people. */
export function countsOf(outcomes: readonly Outcome[]): Map<OutcomeStatus, number> {
  const counts = new Map<OutcomeStatus, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
