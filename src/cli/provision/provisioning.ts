import type { DeviceFile, DeviceRow } from '../../devices/import/device-csv.js';
import type { ImportRow } from '../../devices/import/import.schemas.js';
import { ApiError, type Api } from '../remote/api.js';
import { CliError } from '../remote/cli-error.js';
import { NetworkError } from '../remote/http-client.js';
import type { RetryPolicy } from '../remote/retries.js';
import type { BundleStore } from './bundle-store.js';
import { issueCredential } from './credential-client.js';
import { ImportClient, partsOf } from './import-client.js';
import type { Journal } from './journal.js';
import type { Outcome, OutcomeStatus } from './outcome.js';

/** Servers say their time to the second. */
const CLOCK_STEP_MS = 1_000;

/** How a run goes about it. */
export interface ProvisioningOptions extends RetryPolicy {
  /** Devices of one request; what a lost answer may cost. */
  readonly chunk: number;
  /** Requests at the same time. */
  readonly concurrency: number;
  /** Give devices that exist already new credentials; theirs end after so many seconds. */
  readonly reissueOverlapSeconds: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/**
 * Brings the devices of a file into service. Before anything is asked for it stands in the journal, and credentials stand there
 * before the next step; so whatever ends the run, another one goes on from there.
 */
export class Provisioning {
  private readonly outcomes = new Map<DeviceRow, Outcome>();
  private readonly client: ImportClient;

  constructor(
    private readonly api: Api,
    private readonly file: DeviceFile,
    private readonly journal: Journal,
    private readonly bundles: BundleStore,
    private readonly options: ProvisioningOptions,
  ) {
    this.client = new ImportClient(api, file);
  }

  /** Does what can be done. @returns an outcome for each line, and what ended the run early */
  async run(): Promise<{ outcomes: Outcome[]; failure: Error | undefined }> {
    let failure: Error | undefined;
    try {
      const open = this.withoutDone();
      await this.register(await this.withoutExisting(open));
    } catch (error) {
      failure = error as Error;
    }
    const outcomes = this.file.rows.map((row) => this.outcomes.get(row) ?? { row, status: 'not_done' as const });
    return { outcomes, failure };
  }

  /** Lines that are wrong are told; those that an earlier part of the run has done get their bundles. */
  private withoutDone(): DeviceRow[] {
    return this.file.rows.filter((row) => {
      const [problem] = row.errors;
      if (problem !== undefined || row.input === undefined) {
        const message = row.errors
          .map(({ path, message: text }) => (path === '' ? text : `${path}: ${text}`))
          .join('; ');
        this.settle(row, 'error', problem?.code, message);
        return false;
      }
      const { credentials, reissued, bundled } = this.journal.of(row.input.deviceId);
      if (!bundled && credentials === undefined) return true;
      // What was being issued anew may lack a kind: it is done again as a whole.
      if (!bundled && reissued && !row.input.authMethods?.every((method) => FIELD[method] in credentials!)) return true;
      this.hand(row, reissued ? 'reissued' : 'created');
      return false;
    });
  }

  /** What exists before the run begins is not ours, and is never sent. */
  private async withoutExisting(rows: readonly DeviceRow[]): Promise<DeviceRow[]> {
    const unsent = rows.filter(({ deviceId }) => !this.journal.of(deviceId!).sent);
    const refused = new Set<DeviceRow>();
    for await (const answer of this.client.check(unsent)) {
      this.options.signal.throwIfAborted();
      const absent = [...answer.rows].flatMap(([id, { status }]) => (status === 'valid' ? [id] : []));
      if (absent.length > 0 && answer.serverTime !== undefined) {
        this.journal.add({ type: 'absent', ids: absent, serverTime: answer.serverTime });
      }
      for (const row of unsent) {
        const told = answer.rows.get(row.deviceId!);
        if (told === undefined || told.status === 'valid') continue;
        refused.add(row);
        await this.settleRefused(row, told, false);
      }
    }
    return rows.filter((row) => !refused.has(row));
  }

  private async register(rows: readonly DeviceRow[]): Promise<void> {
    const parts = partsOf(rows, this.options.chunk);
    const worker = async (): Promise<void> => {
      for (const part of parts) {
        this.options.signal.throwIfAborted();
        await this.registerPart(part);
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: this.options.concurrency }, worker));
    // All of them have come to an end, with what they had under way in the journal.
    for (const { reason } of workers.filter((one) => one.status === 'rejected')) throw reason;
  }

  private async registerPart(part: readonly DeviceRow[]): Promise<void> {
    const sentBefore = new Set(part.filter(({ deviceId }) => this.journal.of(deviceId!).sent));
    this.journal.add({ type: 'sending', ids: part.map(({ deviceId }) => deviceId!) });
    for await (const answer of this.client.register(part, this.options)) {
      const issued = [...answer.rows].flatMap(([id, { credentials }]) =>
        credentials === undefined ? [] : [{ type: 'credentials' as const, id, reissued: false, credentials }],
      );
      if (issued.length > 0) this.journal.add(...issued);
      for (const row of answer.settled) {
        const told = answer.rows.get(row.deviceId!);
        if (told === undefined) this.settle(row, 'error', 'NOT_ANSWERED', 'The server did not answer for this line.');
        else if (told.status === 'created') this.hand(row, 'created');
        else await this.settleRefused(row, told, answer.uncertain || sentBefore.has(row));
      }
    }
  }

  /**
   * A line that the server did not register now.
   * @param maybeOurs it was sent before without an answer
   */
  private async settleRefused(row: DeviceRow, told: ImportRow, maybeOurs: boolean): Promise<void> {
    const { status, code, message, retryable } = told;
    // Nobody has seen the credentials of a registration whose answer was lost: nobody misses them.
    const isLost = status === 'exists' && maybeOurs && (await this.isOurs(row));
    const overlap = isLost ? 0 : this.options.reissueOverlapSeconds;
    if (status === 'exists' && overlap !== undefined) return this.reissue(row, overlap);
    // What may be registered all the same stays ours to ask about; of what exists, that was looked at just now.
    if (status === 'exists' || (!maybeOurs && !retryable)) this.journal.add({ type: 'refused', id: row.deviceId! });
    if (status !== 'exists') return this.settle(row, 'error', code, message);
    const advice = 'The device exists and its credentials are not here; --reissue gives it new ones.';
    this.settle(row, 'exists_without_credentials', code, advice);
  }

  /**
   * Whether a device that was sent and exists is one that this run registered without getting the answer: it did not exist
   * when the run looked, came into being afterwards, and never reported.
   */
  private async isOurs(row: DeviceRow): Promise<boolean> {
    const { absentAt } = this.journal.of(row.deviceId!);
    if (absentAt === undefined) return false;
    try {
      const device = await this.api.get<{ createdAt: string; health: { lastSeenAt: string | null } }>(
        `/devices/${encodeURIComponent(row.deviceId!)}`,
      );
      const { createdAt, health } = device.data;
      return Date.parse(createdAt) + CLOCK_STEP_MS >= absentAt && health.lastSeenAt === null;
    } catch (error) {
      // Another tenant's device does not exist for us.
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  private async reissue(row: DeviceRow, overlapSeconds: number): Promise<void> {
    const id = row.deviceId!;
    try {
      for (const kind of row.input!.authMethods ?? ['api_key' as const]) {
        const credentials = await issueCredential(this.api, id, kind, overlapSeconds);
        this.journal.add({ type: 'credentials', id, reissued: true, credentials });
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) throw error;
      return this.settle(row, 'error', error.code, `New credentials were refused: ${error.message}`);
    }
    this.hand(row, 'reissued');
  }

  /** Puts the credentials of a device into its bundle. */
  private hand(row: DeviceRow, status: OutcomeStatus): void {
    try {
      const bundle = this.bundles.put(row);
      this.settle(row, status, undefined, undefined, bundle);
    } catch (error) {
      if (!(error instanceof CliError) || error instanceof NetworkError) throw error;
      this.settle(row, 'error', 'BUNDLE_EXISTS', `${error.message} Its credentials are kept in the journal.`);
    }
  }

  private settle(row: DeviceRow, status: OutcomeStatus, code?: string, message?: string, bundle?: string): void {
    this.outcomes.set(row, { row, status, code, message, bundle });
    this.options.onProgress(this.outcomes.size, this.file.rows.length);
  }
}

/** Where the secret of each kind stands. */
const FIELD = { api_key: 'apiKey', mqtt: 'mqtt', hmac: 'hmac', certificate: 'certificate' } as const;
