import type { ReadingColumns } from '../database/dialects/sql-dialect.js';
import type { Transaction } from '../database/transaction.js';
import type { Candidate } from './sort-readings.js';

/** What became of candidates at the database. */
export interface StoredBatch {
  /** Newly stored, in key order. */
  readonly inserted: readonly Candidate[];
  /** Stored before with the same value. */
  readonly duplicates: readonly Candidate[];
  /** Stored before with another value, which stays. */
  readonly conflicting: readonly Candidate[];
  /** Newest instant of each series before this batch (epoch ms), or null. */
  readonly previous: ReadonlyMap<number, number | null>;
}

/**
 * The `latest` row of a series was older than a stored reading, so a row that was taken for new existed already.
 * Happens only when rows were brought in past the platform (a restore); the batch is stored again the careful way.
 */
export class LatestOutOfStepError extends Error {}

/**
 * Stores candidates (sorted by key, no key twice). First locks the series by moving their `latest` rows forward; then
 * rows newer than all before go in without a look, and only late ones are checked for being there already.
 * @param careful treat every row as late
 * @throws LatestOutOfStepError see there
 */
export async function storeReadings(
  transaction: Transaction,
  candidates: readonly Candidate[],
  careful: boolean,
): Promise<StoredBatch> {
  const { client, dialect } = transaction;
  const newest = newestOf(candidates);
  const before = await dialect.advanceLatest(client, columnsOf(newest));
  const previous = new Map(newest.map(({ sensor }, i) => [sensor.seriesId, before[i] ?? null]));
  const isFresh = ({ sensor, instant }: Candidate): boolean => instant > (previous.get(sensor.seriesId) ?? -Infinity);
  const fresh = careful ? [] : candidates.filter(isFresh);
  const late = fresh.length === candidates.length ? [] : candidates.filter((row) => careful || !isFresh(row));
  if (fresh.length > 0 && (await dialect.insertFresh(client, columnsOf(fresh))) !== fresh.length) {
    throw new LatestOutOfStepError();
  }
  if (late.length === 0) return { inserted: fresh, duplicates: [], conflicting: [], previous };
  const wentIn = await dialect.insertLate(client, columnsOf(late));
  const inserted = mergeByKey(
    fresh,
    late.filter((_, i) => wentIn[i]),
  );
  const present = late.filter((_, i) => !wentIn[i]);
  return { inserted, ...(await compare(transaction, present)), previous };
}

/** Tells repeated readings from contradicting ones. */
async function compare({ client, dialect }: Transaction, present: readonly Candidate[]) {
  const duplicates: Candidate[] = [];
  const conflicting: Candidate[] = [];
  if (present.length > 0) {
    const stored = await dialect.storedValues(
      client,
      present.map(({ sensor }) => sensor.seriesId),
      present.map(({ instant }) => instant),
    );
    const values = new Map(stored.map((row) => [`${row.seriesId} ${row.instant}`, row.value]));
    for (const row of present) {
      const same = values.get(`${row.sensor.seriesId} ${row.instant}`) === row.value;
      (same ? duplicates : conflicting).push(row);
    }
  }
  return { duplicates, conflicting };
}

/** The newest candidate of each series, in series order. */
function newestOf(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter((row, i) => candidates[i + 1]?.sensor.seriesId !== row.sensor.seriesId);
}

function mergeByKey(fresh: readonly Candidate[], late: readonly Candidate[]): Candidate[] {
  if (fresh.length === 0 || late.length === 0) return [...fresh, ...late];
  return [...fresh, ...late].sort((a, b) => a.sensor.seriesId - b.sensor.seriesId || a.instant - b.instant);
}

function columnsOf(rows: readonly Candidate[]): ReadingColumns {
  const columns: ReadingColumns = { seriesIds: [], instants: [], values: [], qualities: [], risks: [] };
  for (const { sensor, instant, value, quality, risk } of rows) {
    columns.seriesIds.push(sensor.seriesId);
    columns.instants.push(instant);
    columns.values.push(value);
    columns.qualities.push(quality);
    columns.risks.push(risk);
  }
  return columns;
}
