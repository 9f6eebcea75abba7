import { Injectable } from '@nestjs/common';
import { Transactions, type Transaction } from '../database/transaction.js';
import { DeviceRegistry, type RegisteredDevice } from '../devices/device-registry.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { readingEvents } from './reading-events.js';
import { judgedSeries } from './judged-series.js';
import { PartitionsService } from './partitions.service.js';
import { keepFirst, type PartRejection } from './part-rejection.js';
import type { ReadMessage } from './payload-reader.js';
import { ReadingJudge } from './reading-judge.js';
import { LatestOutOfStepError, storeReadings } from './reading-store.js';
import { RejectedReadings, type NewRejection } from './rejected-readings.js';
import { candidatesOf, sortCandidates, type Candidate } from './sort-readings.js';

/** A message of a device, read but not resolved; the service cannot tell which transport it came by. */
export interface DeviceMessage extends ReadMessage {
  readonly deviceId: string;
  readonly source: 'mqtt' | 'http';
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The bytes as sent, for the list of rejections. */
  readonly payload: Buffer;
}

/** What became of one message. */
export interface IngestionResult {
  accepted: number;
  duplicates: number;
  readonly rejected: PartRejection[];
}

/** Candidates that are ready to be stored, and what goes with them. */
interface PreparedBatch {
  readonly unique: readonly Candidate[];
  readonly events: readonly NewLiveEvent[];
  readonly conflicting: readonly Candidate[];
  readonly careful: boolean;
  readonly results: readonly IngestionResult[];
}

/** Values and rejections in one transaction at most; a larger batch is stored in several, each whole messages. */
const MAX_ROWS_PER_TRANSACTION = 10_000;

/**
 * Takes readings in: one transaction stores the new rows, moves `latest` forward, has them judged, sets aside what is
 * not valid and appends the live events. When it returns, everything is committed; when it throws, nothing of the failed
 * part is, and the same messages can be given again.
 */
@Injectable()
export class IngestionService {
  constructor(
    private readonly transactions: Transactions,
    private readonly registry: DeviceRegistry,
    private readonly partitions: PartitionsService,
    private readonly judge: ReadingJudge,
    private readonly rejections: RejectedReadings,
    private readonly outbox: OutboxService,
  ) {}

  /**
   * Takes messages in their order of arrival; answers one result per message.
   * @param before what has to be over before anything is stored; reading and sorting do not wait for it
   */
  async ingest(messages: readonly DeviceMessage[], before?: Promise<unknown>): Promise<IngestionResult[]> {
    const devices = await this.registry.resolve(messages.map(({ deviceId }) => deviceId));
    const results: IngestionResult[] = [];
    for (let from = 0; from < messages.length;) {
      const to = endOfPart(messages, from);
      results.push(...(await this.ingestPart(messages.slice(from, to), devices, before)));
      from = to;
    }
    return results;
  }

  private async ingestPart(
    messages: readonly DeviceMessage[],
    devices: ReadonlyMap<string, RegisteredDevice>,
    before: Promise<unknown> | undefined,
  ): Promise<IngestionResult[]> {
    const results = messages.map(({ rejections }): IngestionResult => {
      return { accepted: 0, duplicates: 0, rejected: [...rejections] };
    });
    const candidates = candidatesOfAll(messages, devices, results);
    const { unique, duplicates, conflicting } = sortCandidates(candidates);
    // What is told when all of them are new, as they nearly always are: made here, while an earlier batch is stored.
    const events = readingEvents(unique);
    await this.partitions.ensureFor(unique);
    await before;
    const work = (careful: boolean) =>
      this.transactions.run((transaction) =>
        this.store(transaction, messages, devices, { unique, events, conflicting, careful, results }),
      );
    const stored = await work(false).catch((error: unknown) => {
      if (error instanceof LatestOutOfStepError) return work(true);
      throw error;
    });
    for (const { message } of stored.inserted) results[message]!.accepted++;
    for (const { message } of [...duplicates, ...stored.duplicates]) results[message]!.duplicates++;
    for (const row of [...conflicting, ...stored.conflicting]) results[row.message]!.rejected.push(conflict(row));
    return results;
  }

  private async store(
    transaction: Transaction,
    messages: readonly DeviceMessage[],
    devices: ReadonlyMap<string, RegisteredDevice>,
    batch: PreparedBatch,
  ) {
    const stored =
      batch.unique.length > 0
        ? await storeReadings(transaction, batch.unique, batch.careful)
        : { inserted: [], duplicates: [], conflicting: [], previous: new Map<number, number | null>() };
    const alerts = await this.judge.judge(transaction, judgedSeries(stored));
    const conflicting = [...batch.conflicting, ...stored.conflicting];
    await this.rejections.add(transaction, rejectionsOf(messages, devices, batch.results, conflicting));
    const events = stored.inserted.length === batch.unique.length ? batch.events : readingEvents(stored.inserted);
    await this.outbox.append(transaction, [...events, ...alerts]);
    return stored;
  }
}

/** What goes into the list of rejections, message by message. */
function rejectionsOf(
  messages: readonly DeviceMessage[],
  devices: ReadonlyMap<string, RegisteredDevice>,
  results: readonly IngestionResult[],
  conflicting: readonly Candidate[],
): NewRejection[] {
  const parts = new Map<number, PartRejection[]>();
  const reject = (message: number, part: PartRejection): void => {
    const others = parts.get(message);
    if (others) others.push(part);
    else parts.set(message, [part]);
  };
  for (let i = 0; i < results.length; i++) for (const part of results[i]!.rejected) reject(i, part);
  for (const row of conflicting) reject(row.message, conflict(row));
  return [...parts].flatMap(([i, rejections]) => {
    const message = messages[i]!;
    const origin = { ...message, municipalityId: devices.get(message.deviceId)?.municipalityId ?? null };
    return keepFirst(rejections).map((part) => ({ part, origin }));
  });
}

/** Index after the last message of the transaction that begins with message `from`. */
function endOfPart(messages: readonly DeviceMessage[], from: number): number {
  let rows = 0;
  for (let to = from; to < messages.length; to++) {
    const { sets, rejections } = messages[to]!;
    rows += rejections.length;
    for (const set of sets) for (const _ in set.values) rows++;
    if (rows > MAX_ROWS_PER_TRANSACTION && to > from) return to;
  }
  return messages.length;
}

function candidatesOfAll(
  messages: readonly DeviceMessage[],
  devices: ReadonlyMap<string, RegisteredDevice>,
  results: readonly IngestionResult[],
): Candidate[] {
  const candidates: Candidate[] = [];
  messages.forEach((message, i) => {
    const device = devices.get(message.deviceId);
    const rejected = results[i]!.rejected;
    if (!device && message.sets.length > 0) {
      const reason = 'no device of this id is registered';
      rejected.push({ index: null, metric: null, instant: null, code: 'UNKNOWN_DEVICE', reason });
    } else if (device) {
      for (const set of message.sets) candidatesOf(set, device.sensors, i, candidates, rejected);
    }
  });
  return candidates;
}

function conflict({ sensor, instant, index }: Candidate): PartRejection {
  const reason = 'another value is stored for this sensor and instant; the first one stays';
  return { index, metric: sensor.code, instant, code: 'CONFLICTING_VALUE', reason };
}
