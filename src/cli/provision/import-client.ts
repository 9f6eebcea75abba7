import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import type { DeviceFile, DeviceRow } from '../../devices/import/device-csv.js';
import type { ImportResult, ImportRow } from '../../devices/import/import.schemas.js';
import { Backoff } from '../../mqtt/backoff.js';
import type { Api } from '../remote/api.js';
import type { RetryPolicy } from '../remote/retries.js';

/** Lines of one dry run: well below what the server takes, and a mebibyte. */
const CHECKED_AT_ONCE = 500;
/** A line that is longer than this on average makes smaller parts. */
const MAX_BODY_CHARACTERS = 400_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

/** What the server said to some lines, by device id. */
export interface ImportAnswer {
  readonly rows: ReadonlyMap<string, ImportRow>;
  readonly serverTime: number | undefined;
  /** The lines may have been registered by an attempt whose answer was lost. */
  readonly uncertain: boolean;
}

/** The server's last word on some lines. */
export interface RegisterAnswer extends ImportAnswer {
  readonly settled: readonly DeviceRow[];
}

/** Hands lines of a file on to `POST /devices/import`, as they stand in the file. */
export class ImportClient {
  constructor(
    private readonly api: Api,
    private readonly file: Pick<DeviceFile, 'columns' | 'separator'>,
  ) {}

  /** Asks what would become of the lines; nothing is stored. */
  async *check(rows: readonly DeviceRow[]): AsyncGenerator<ImportAnswer> {
    for (const part of partsOf(rows, CHECKED_AT_ONCE)) yield await this.send(part, '?dryRun=true');
  }

  /**
   * Registers the devices of the lines. Those that the server could not see to for now are sent again while patience lasts;
   * what each answer brought can be kept before the next attempt.
   */
  async *register(
    rows: readonly DeviceRow[],
    { patienceMs, onWait, signal }: RetryPolicy,
    wait: (ms: number, signal?: AbortSignal) => Promise<unknown> = (ms, stop) => sleep(ms, undefined, { signal: stop }),
  ): AsyncGenerator<RegisterAnswer> {
    const backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    let open = rows;
    for (let waited = 0, repeated = false; open.length > 0; repeated = true) {
      const answer = await this.send(open, '');
      const pauseMs = backoff.next();
      const isPatient = waited + pauseMs <= patienceMs;
      const again = open.filter(({ deviceId }) => isPatient && answer.rows.get(deviceId!)?.retryable);
      const settled = open.filter((row) => !again.includes(row));
      yield { ...answer, uncertain: answer.uncertain || repeated, settled };
      open = again;
      if (open.length === 0) return;
      onWait?.(answer.rows.get(open[0]!.deviceId!)?.message ?? 'The server is busy', pauseMs);
      await wait(pauseMs, signal);
      waited += pauseMs;
    }
  }

  private async send(rows: readonly DeviceRow[], query: string): Promise<ImportAnswer> {
    const { columns, separator } = this.file;
    const body = stringify([[...columns], ...rows.map(({ cells }) => [...cells])], { delimiter: separator });
    const { data, serverTime, uncertain } = await this.api.postCsv<ImportResult>(`/devices/import${query}`, body);
    const answered = data.rows.flatMap((row) => (row.deviceId === null ? [] : [[row.deviceId, row] as const]));
    return { rows: new Map(answered), serverTime, uncertain };
  }
}

/** Parts of at most so many lines, that are not too large either. */
export function* partsOf(rows: readonly DeviceRow[], most: number): Generator<readonly DeviceRow[]> {
  let part: DeviceRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = row.cells.reduce((sum, cell) => sum + cell.length + 3, 0);
    if (part.length > 0 && (part.length >= most || characters + size > MAX_BODY_CHARACTERS)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(row);
    characters += size;
  }
  if (part.length > 0) yield part;
}
