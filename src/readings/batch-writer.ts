import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import { SignsOfLife } from '../devices/heartbeat/signs-of-life.js';
import { DeviceNonces } from '../devices/signatures/device-nonces.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { DeliveryLedger } from './completeness/delivery-ledger.js';
import type { DeviceMessage, IngestionResult } from './device-message.js';
import { judgedSeries } from './judged-series.js';
import type { MessageStanding, PreparedBatch } from './prepared-batch.js';
import { readingEvents } from './reading-events.js';
import { ReadingJudge } from './reading-judge.js';
import { storeReadings, type StoredBatch } from './reading-store.js';
import { RejectedReadings } from './rejected-readings.js';

/** What an earlier try found to be otherwise than it nearly always is, and is looked at closely this time. */
export interface Doubts {
  /** Rows that were taken for new existed already. */
  readonly latest: boolean;
  /** A nonce that was taken for new had been used. */
  readonly nonces: boolean;
}

const NOTHING_STORED: StoredBatch = { inserted: [], duplicates: [], conflicting: [], previous: new Map() };

/** Writes a batch of messages with everything that belongs to it, in the caller's transaction. */
@Injectable()
export class BatchWriter {
  constructor(
    private readonly nonces: DeviceNonces,
    private readonly judge: ReadingJudge,
    private readonly rejections: RejectedReadings,
    private readonly outbox: OutboxService,
    private readonly signsOfLife: SignsOfLife,
    private readonly deliveries: DeliveryLedger,
  ) {}

  /**
   * @returns one result per message
   * @throws LatestOutOfStepError, NonceTakenError: run it again in a new transaction, with the doubt
   */
  async write(transaction: Transaction, prepared: PreparedBatch, doubts: Doubts): Promise<IngestionResult[]> {
    const standings = await this.claimNonces(transaction, prepared, doubts.nonces);
    const batch = standings.size === 0 ? prepared : prepared.without(standings);
    const stored =
      batch.unique.length > 0 ? await storeReadings(transaction, batch.unique, doubts.latest) : NOTHING_STORED;
    const alerts = await this.judge.judge(transaction, judgedSeries(stored));
    await this.rejections.add(transaction, batch.rejections(stored));
    await this.deliveries.record(transaction, batch, stored);
    const events = stored.inserted.length === batch.unique.length ? batch.events : readingEvents(stored.inserted);
    await this.outbox.append(transaction, [...events, ...alerts]);
    return batch.resultsOf(stored);
  }

  /**
   * Claims the nonces of signed messages. By MQTT the same nonce with the same bytes is the broker's repetition of a
   * message that was stored; by HTTP, where nobody repeats but the sender, any second use is refused.
   * @returns messages of which nothing is to be stored, by their place
   */
  private async claimNonces(
    transaction: Transaction,
    { messages, signed }: PreparedBatch,
    careful: boolean,
  ): Promise<ReadonlyMap<number, MessageStanding>> {
    const standings = new Map<number, MessageStanding>();
    if (signed.length === 0) return standings;
    const claims = signed.map((i) => {
      const { deviceId, receivedAt, signed: nonce } = messages[i]!;
      return { ...nonce!, deviceId, seenAt: receivedAt };
    });
    const verdicts = await this.nonces.claim(transaction, claims, careful);
    signed.forEach((i, place) => {
      const verdict = verdicts[place]!;
      if (verdict === 'new') this.noteLife(transaction, messages[i]!);
      else if (verdict === 'same' && messages[i]!.source === 'mqtt') standings.set(i, 'duplicate');
      else standings.set(i, 'replayed');
    });
    return standings;
  }

  /** A signed message shows that its device lives, once it is stored and cannot be somebody's repetition. */
  private noteLife(transaction: Transaction, { deviceId, receivedAt }: DeviceMessage): void {
    transaction.onCommit(() => {
      this.signsOfLife.note(deviceId, receivedAt);
    });
  }
}
