import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transaction.js';
import { SignsOfLife } from '../devices/heartbeat/signs-of-life.js';
import { DeviceRegistry, type RegisteredDevice } from '../devices/device-registry.js';
import { NonceTakenError } from '../devices/signatures/device-nonces.js';
import { BatchWriter } from './batch-writer.js';
import type { DeviceMessage, IngestionResult } from './device-message.js';
import { PartitionsService } from './partitions.service.js';
import { PreparedBatch } from './prepared-batch.js';
import { LatestOutOfStepError } from './reading-store.js';

/** Each try finds the nonces that were taken before it; only as many others can take one in between. */
const MAX_ATTEMPTS = 10;

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
    private readonly writer: BatchWriter,
    private readonly signsOfLife: SignsOfLife,
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
    this.noteReadings(messages, results);
    return results;
  }

  /** That readings came, and whether their times could be right, is part of the device's health. */
  private noteReadings(messages: readonly DeviceMessage[], results: readonly IngestionResult[]): void {
    messages.forEach(({ deviceId, receivedAt, signed }, i) => {
      const { accepted, duplicates, rejected } = results[i]!;
      // The same signed message again may be anybody's, and says nothing about the device.
      const isRepeated = signed !== undefined && accepted === 0;
      const isWrong = rejected.some(({ code }) => code === 'TIMESTAMP_OUT_OF_RANGE');
      if (isWrong) this.signsOfLife.noteReadings(deviceId, receivedAt, 'wrong');
      else if (!isRepeated && accepted + duplicates > 0) this.signsOfLife.noteReadings(deviceId, receivedAt, 'right');
    });
  }

  private async ingestPart(
    messages: readonly DeviceMessage[],
    devices: ReadonlyMap<string, RegisteredDevice>,
    before: Promise<unknown> | undefined,
  ): Promise<IngestionResult[]> {
    // Made here, while an earlier batch is stored.
    const prepared = new PreparedBatch(messages, devices);
    await this.partitions.ensureFor(prepared.unique);
    await before;
    const doubts = { latest: false, nonces: false };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transactions.run((transaction) => this.writer.write(transaction, prepared, doubts));
      } catch (error) {
        if (error instanceof LatestOutOfStepError && !doubts.latest) doubts.latest = true;
        else if (error instanceof NonceTakenError && attempt < MAX_ATTEMPTS) doubts.nonces = true;
        else throw error;
      }
    }
  }
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
