import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { readDeviceCsv, type DeviceFile } from '../../devices/import/device-csv.js';
import { ValidationError } from '../../common/errors/errors.js';
import type { Api } from '../remote/api.js';
import { CliError, EXIT_INTERRUPTED, EXIT_SOME_FAILED } from '../remote/cli-error.js';
import { connect } from '../remote/connection.js';
import type { ConnectionOptions } from '../remote/connection-options.js';
import { Interruption } from '../remote/interruption.js';
import type { Report } from '../report.js';
import { bundleStore } from './bundle-store.js';
import { doorsOf } from './doors.js';
import { ImportClient } from './import-client.js';
import { Journal } from './journal.js';
import { countsOf, isDone, resultsCsv, type Outcome } from './outcome.js';
import { Progress } from './progress.js';
import { Provisioning } from './provisioning.js';
import { lockRun } from './run-lock.js';

/** More than any morning brings; what is read stays in memory. */
const MAX_ROWS = 100_000;
const SHOWN_PROBLEMS = 20;

/** Options of `provision`. */
export interface ProvisionOptions extends ConnectionOptions {
  readonly output?: string;
  readonly dryRun?: true;
  readonly resume?: true;
  readonly reissue?: true;
  readonly overlap: number;
  readonly concurrency: number;
  readonly chunk: number;
  readonly mqttUrl?: string;
}

/**
 * Brings the devices of a CSV file into service.
 * @returns the exit code
 * @throws CliError
 */
export async function provision(file: string, options: ProvisionOptions, print: Report): Promise<number> {
  return provisionTable(readFile(file), file.replace(/\.csv$/i, ''), options, print);
}

/** The same with a table that may come from elsewhere. @param name of the output, where no other is given */
export async function provisionTable(
  bytes: Uint8Array,
  name: string,
  options: ProvisionOptions,
  print: Report,
): Promise<number> {
  const devices = parse(bytes);
  const interruption = new Interruption();
  const progress = new Progress(options.dryRun ? 'checked' : 'provisioned');
  const onWait = (why: string, ms: number): void => progress.say(waiting(why, ms));
  const api = await connect(options, { onWait, signal: interruption.signal });
  try {
    if (options.dryRun) return await dryRun(api, devices, print);
    const output = resolve(options.output ?? `${basename(name)}-bundles`);
    return await run(api, devices, { ...options, output }, { progress, signal: interruption.signal, print });
  } finally {
    progress.end();
    interruption.release();
    api.close();
  }
}

async function run(
  api: Api,
  devices: DeviceFile,
  options: ProvisionOptions & { output: string },
  { progress, signal, print }: { progress: Progress; signal: AbortSignal; print: Report },
): Promise<number> {
  const { output, resume, reissue, overlap, concurrency, chunk } = options;
  const release = lockRun(`${output}.lock`);
  try {
    const path = `${output}.journal`;
    const journal = resume ? Journal.resume(path, api.url) : Journal.begin(path, api.url);
    const bundles = bundleStore(output, journal, doorsOf(api.url, options));
    const { outcomes, failure } = await new Provisioning(api, devices, journal, bundles, {
      chunk,
      concurrency,
      signal,
      patienceMs: options.patience * 1000,
      onWait: (why, ms) => progress.say(waiting(why, ms)),
      reissueOverlapSeconds: reissue ? overlap : undefined,
      onProgress: (done, all) => progress.show(done, all),
    }).run();
    progress.end();
    bundles.finish(failure === undefined && outcomes.every(isDone));
    journal.close();
    writeResults(`${output}.results.csv`, outcomes);
    report(outcomes, print);
    print(`Bundles: ${output}; each line: ${output}.results.csv; journal: ${path}`);
    if (signal.aborted) print('Interrupted. The same command with --resume goes on from here.');
    if (signal.aborted) return EXIT_INTERRUPTED;
    if (failure !== undefined) {
      print('Ended early. The same command with --resume goes on from here.');
      throw failure;
    }
    return outcomes.every(isDone) ? 0 : EXIT_SOME_FAILED;
  } finally {
    release();
  }
}

const waiting = (why: string, ms: number): string => `${why}; trying again in ${Math.ceil(ms / 1000)} s`;

/** Asks the server about every line; nothing is written anywhere. */
async function dryRun(api: Api, devices: DeviceFile, print: Report): Promise<number> {
  const fine = devices.rows.filter(({ input }) => input !== undefined);
  const outcomes = new Map<number, Outcome>();
  for await (const { rows } of new ImportClient(api, devices).check(fine)) {
    for (const row of fine) {
      const told = rows.get(row.deviceId!);
      if (told === undefined) continue;
      const status =
        told.status === 'valid' ? 'valid' : told.status === 'exists' ? 'exists_without_credentials' : 'error';
      outcomes.set(row.line, { row, status, code: told.code, message: told.message });
    }
  }
  const all = devices.rows.map((row): Outcome => {
    const message = row.errors.map(({ path, message: text }) => (path === '' ? text : `${path}: ${text}`)).join('; ');
    return outcomes.get(row.line) ?? { row, status: 'error', code: row.errors[0]?.code, message };
  });
  report(all, print);
  print('Dry run: nothing was stored.');
  return all.every(isDone) ? 0 : EXIT_SOME_FAILED;
}

function report(outcomes: readonly Outcome[], print: Report): void {
  const problems = outcomes.filter((outcome) => !isDone(outcome) && outcome.status !== 'not_done');
  for (const { row, status, code, message } of problems.slice(0, SHOWN_PROBLEMS)) {
    print(`line ${row.line}, ${row.deviceId ?? 'no device id'}: ${code ?? status}: ${message ?? ''}`);
  }
  if (problems.length > SHOWN_PROBLEMS) print(`and ${problems.length - SHOWN_PROBLEMS} more`);
  const counts = [...countsOf(outcomes)].map(([status, number]) => `${number} ${status}`);
  print(`${outcomes.length} devices: ${counts.join(', ') || 'none'}`);
}

function writeResults(file: string, outcomes: readonly Outcome[]): void {
  writeFileSync(`${file}.part`, resultsCsv(outcomes), { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function parse(bytes: Uint8Array): DeviceFile {
  try {
    const devices = readDeviceCsv(bytes, MAX_ROWS);
    if (devices.rows.length === 0) throw new CliError('The file names no device.');
    return devices;
  } catch (error) {
    if (error instanceof ValidationError) throw new CliError(error.message);
    throw error;
  }
}
