import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeviceCsv } from '../../devices/import/device-csv.js';
import type { ImportRow } from '../../devices/import/import.schemas.js';
import type { Answer, Api } from '../remote/api.js';
import type { BundleStore } from './bundle-store.js';
import { Journal } from './journal.js';
import { Provisioning } from './provisioning.js';

const URL = 'https://hydroalert.example';
const FILE = readDeviceCsv(Buffer.from('device_id,name\nwell-1,One\nwell-2,Two\n'), 10);
const SERVER_TIME = 1_000_000;

/** What the server says to a line. */
type Word = Pick<ImportRow, 'status' | 'code' | 'retryable' | 'credentials'>;
const CREATED: Word = { status: 'created', credentials: { apiKey: 'first' } };
const AWAY: Word = { status: 'error', code: 'DATABASE_UNAVAILABLE', retryable: true };
const WRONG: Word = { status: 'error', code: 'UNKNOWN_SENSOR_TYPE' };
const EXISTS: Word = { status: 'exists', code: 'DEVICE_ALREADY_EXISTS' };

describe('Provisioning', () => {
  let folder: string;
  let journal: Journal;
  /** Ids that were asked to be registered, attempt by attempt. */
  let attempts: string[][];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'provisioning-'));
    journal = Journal.begin(join(folder, 'out.journal'), URL);
    attempts = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs with a server that says these words, by device, one attempt after the other. */
  async function run(words: Record<string, Word[]>, { patienceMs = 60_000, uncertain = false } = {}) {
    const answer = <T>(data: T): Answer<T> => ({ data, nextCursor: null, serverTime: SERVER_TIME, uncertain });
    const api = {
      postCsv: (path: string, body: string) => {
        const ids = body.match(/well-\d/g) ?? [];
        const isDryRun = path.endsWith('dryRun=true');
        if (!isDryRun) attempts.push(ids);
        const word = (deviceId: string): Word => (isDryRun ? { status: 'valid' } : words[deviceId]!.shift()!);
        return Promise.resolve(answer({ rows: ids.map((deviceId) => ({ line: 1, deviceId, ...word(deviceId) })) }));
      },
      get: () =>
        Promise.resolve(
          answer({ createdAt: new Date(SERVER_TIME + 5_000).toISOString(), health: { lastSeenAt: null } }),
        ),
      post: () => Promise.resolve(answer({ apiKey: 'second' })),
    } as unknown as Api;
    const bundles: BundleStore = { put: ({ deviceId }) => deviceId!, finish: () => undefined };
    const { outcomes, failure } = await new Provisioning(api, FILE, journal, bundles, {
      chunk: 10,
      concurrency: 1,
      patienceMs,
      reissueOverlapSeconds: undefined,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    }).run();
    if (failure) throw failure;
    return outcomes.map(({ row, status, code }) => [row.deviceId, status, ...(code ? [code] : [])]);
  }

  it('sends lines again that the server could not see to, and keeps at once what the others got', async () => {
    const outcomes = await run({ 'well-1': [AWAY, CREATED], 'well-2': [CREATED] });
    expect(outcomes).toEqual([
      ['well-1', 'created'],
      ['well-2', 'created'],
    ]);
    expect(attempts).toEqual([['well-1', 'well-2'], ['well-1']]);
  });

  it('gives new credentials to a device that was stored though its line was said to have failed', async () => {
    expect(await run({ 'well-1': [AWAY, EXISTS], 'well-2': [CREATED] })).toEqual([
      ['well-1', 'reissued'],
      ['well-2', 'created'],
    ]);
  });

  it('keeps a line open when patience is over, and a later run finds that the device is its own', async () => {
    expect(await run({ 'well-1': [AWAY], 'well-2': [CREATED] }, { patienceMs: 1 })).toEqual([
      ['well-1', 'error', 'DATABASE_UNAVAILABLE'],
      ['well-2', 'created'],
    ]);
    expect(journal.of('well-1')).toMatchObject({ sent: true, absentAt: SERVER_TIME });
    expect(await run({ 'well-1': [EXISTS] })).toEqual([
      ['well-1', 'reissued'],
      ['well-2', 'created'],
    ]);
  });

  it('takes a refusal for the end only when no attempt can have registered the device', async () => {
    await run({ 'well-1': [WRONG], 'well-2': [AWAY, WRONG] });
    expect(journal.of('well-1').sent).toBe(false);
    expect(journal.of('well-2')).toMatchObject({ sent: true, absentAt: SERVER_TIME });
    await run({ 'well-1': [WRONG], 'well-2': [WRONG] }, { uncertain: true });
    expect(journal.of('well-1').sent).toBe(true);
  });
});
