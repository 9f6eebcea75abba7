import { Injectable, Logger } from '@nestjs/common';
import type { DomainError } from '../../common/errors/domain.error.js';
import { ErrorTranslation } from '../../common/errors/error-translation.js';
import { Transaction, Transactions } from '../../database/transaction.js';
import type { Registration } from '../device.mapper.js';
import { DeviceRegistrationService, type PreparedRegistration } from '../device-registration.service.js';
import type { RegisterDevice } from '../device.schemas.js';
import { readDeviceCsv, inColumn, type DeviceRow } from './device-csv.js';
import { ImportPreflight, type CheckedRow } from './import-preflight.js';
import { MAX_IMPORT_ROWS, type ImportQuery, type ImportResult, type ImportRow } from './import.schemas.js';

/** Devices that are registered at the same time: their passwords are hashed beside the transactions of others. */
const AT_ONCE = 4;
const EXISTS = 'DEVICE_ALREADY_EXISTS';

/** A line with its place in the file. */
interface Ready {
  readonly index: number;
  readonly row: DeviceRow;
  readonly input: RegisterDevice;
}

/** Registers the devices of a CSV file: one bad line costs only itself, unless all or nothing is asked for. */
@Injectable()
export class DeviceImportService {
  private readonly logger = new Logger(DeviceImportService.name);

  constructor(
    private readonly preflight: ImportPreflight,
    private readonly registration: DeviceRegistrationService,
    private readonly transactions: Transactions,
    private readonly translation: ErrorTranslation,
  ) {}

  /**
   * Needs a tenant scope. Never fails half-way: what was registered is told with its credentials, which nobody sees again.
   * @throws ValidationError for what is wrong with the file as a whole
   */
  async import(file: Uint8Array, { atomic, dryRun }: ImportQuery): Promise<ImportResult> {
    const checked = await this.preflight.check(readDeviceCsv(file, MAX_IMPORT_ROWS).rows);
    const rows = checked.map(rowBefore);
    const ready = checked.flatMap(({ row, input }, index) => (input === undefined ? [] : [{ index, row, input }]));
    const blocked = atomic && ready.length < checked.length;
    if (dryRun) for (const { index, row } of ready) rows[index] = told(row, 'valid');
    else if (blocked) for (const { index, row } of ready) rows[index] = notStored(row);
    else if (atomic) await this.registerTogether(ready, rows);
    else await this.registerEach(ready, rows);
    return { dryRun, atomic, counts: countsOf(rows), rows };
  }

  /** Each device in a transaction of its own. */
  private async registerEach(ready: readonly Ready[], rows: ImportRow[]): Promise<void> {
    const open = ready.values();
    let away: DomainError | undefined;
    const worker = async (): Promise<void> => {
      for (const { index, row, input } of open) {
        try {
          if (away !== undefined) throw away;
          rows[index] = created(row, await this.registration.register(input));
        } catch (error) {
          const known = this.translation.translate(error);
          // The lines after it would wait for nothing, one after the other, and the caller with them.
          if (known.kind === 'unavailable') away = known;
          rows[index] = this.failed(row, known, error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** All devices in one transaction. */
  private async registerTogether(ready: readonly Ready[], rows: ImportRow[]): Promise<void> {
    let current: Ready | undefined;
    try {
      const prepared: (Ready & { prepared: PreparedRegistration })[] = [];
      for (const one of ready) {
        current = one;
        prepared.push({ ...one, prepared: await this.registration.prepare(one.input) });
      }
      const stored = await this.transactions.run(async (tx) => {
        const done: ImportRow[] = [];
        for (const one of prepared) {
          current = one;
          // Its own records in memory: each flush looks through all that there are.
          const part = new Transaction(tx.em.fork({ keepTransactionContext: true }), tx.dialect);
          done.push(created(one.row, await this.registration.store(part, one.prepared)));
          tx.onCommit(() => part.committed());
        }
        return done;
      });
      for (const [i, { index }] of ready.entries()) rows[index] = stored[i]!;
    } catch (error) {
      for (const { index, row } of ready) rows[index] = notStored(row);
      const known = this.translation.translate(error);
      if (current !== undefined) rows[current.index] = this.failed(current.row, known, error);
    }
  }

  private failed(row: DeviceRow, error: DomainError, cause: unknown): ImportRow {
    if (error.code === EXISTS) return told(row, 'exists', error);
    if (error.kind === 'internal')
      this.logger.error({ err: cause, deviceId: row.deviceId }, 'a device was not imported');
    const errors = error.errors && { errors: error.errors.map(inColumn) };
    return { ...told(row, 'error', error), ...(error.kind === 'unavailable' && { retryable: true }), ...errors };
  }
}

function rowBefore({ row, exists, errors }: CheckedRow): ImportRow {
  const [first] = errors;
  if (first !== undefined) {
    const message = errors.map(({ path, message: text }) => (path === '' ? text : `${path}: ${text}`)).join('; ');
    return { ...told(row, 'error', { code: first.code, message }), errors: [...errors] };
  }
  if (exists) return told(row, 'exists', { code: EXISTS, message: `The device id "${row.deviceId}" is taken.` });
  return told(row, 'valid');
}

function told(row: DeviceRow, status: ImportRow['status'], problem?: { code: string; message: string }): ImportRow {
  const { line, deviceId } = row;
  return { line, deviceId, status, ...(problem && { code: problem.code, message: problem.message }) };
}

function notStored(row: DeviceRow): ImportRow {
  return told(row, 'not_stored', { code: 'NOT_STORED', message: 'Another line kept the whole file out.' });
}

function created(row: DeviceRow, { device, credentials }: Registration): ImportRow {
  return { ...told(row, 'created'), municipalityId: device.municipalityId, credentials };
}

function countsOf(rows: readonly ImportRow[]): ImportResult['counts'] {
  const counts = { rows: rows.length, created: 0, exists: 0, error: 0, valid: 0, not_stored: 0 };
  for (const { status } of rows) counts[status] += 1;
  return counts;
}
