import type { RequiredEntityData } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { currentRequestId } from '../common/request-context/request-context.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import type { InboundMessage } from '../mqtt/inbound-message.js';
import { PoisonSink } from '../mqtt/poison-sink.js';
import { newId } from '../common/ids.js';
import type { RejectCode } from './reject-code.js';
import { RejectedReading } from './rejected-reading.entity.js';
import type { PartRejection } from './payload-reader.js';

/** What is known of the message that a rejection belongs to. */
export interface RejectionOrigin {
  readonly deviceId: string | null;
  readonly municipalityId: string | null;
  readonly source: 'mqtt' | 'http';
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly payload: Buffer;
}

/** A rejection ready to be written. */
export type NewRejection = RequiredEntityData<RejectedReading>;

const MAX_EXCERPT = 2_000;
const MAX_REASON = 500;
const MAX_TEXT = 128;

/** The list of what was not stored, and why. */
@Injectable()
export class RejectedReadings extends PoisonSink {
  constructor(private readonly transactions: Transactions) {
    super();
  }

  /** Writes rejections in the caller's transaction. */
  async add(transaction: Transaction, rejections: readonly NewRejection[]): Promise<void> {
    if (rejections.length > 0) await transaction.em.insertMany(RejectedReading, [...rejections]);
  }

  /** A message that was given a verdict keeps it; any other one could not be handled for the reason of the error. */
  override async setAside(message: InboundMessage, error: unknown): Promise<void> {
    const failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const { code, reason } = message.rejection ?? { code: 'NOT_PROCESSABLE', reason: failure };
    const part = { index: null, metric: null, instant: null, code: code as RejectCode, reason };
    await this.transactions.run(async (transaction) => {
      const municipalityId = await municipalityOf(transaction, message.deviceId);
      await this.add(transaction, [rejectionOf(part, { ...message, municipalityId, source: 'mqtt' })]);
    });
  }
}

/** The municipality that the device of a topic belongs to, so that its people see the rejection; null for none of ours. */
async function municipalityOf(transaction: Transaction, deviceId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ municipality_id: string }>(
    `select municipality_id from devices where id = ?`,
    [clean(deviceId, MAX_TEXT)],
  );
  return rows[0]?.municipality_id ?? null;
}

/** The row of a rejection; texts from outside are cut to what the columns hold and cleared of what databases refuse. */
export function rejectionOf(part: PartRejection, origin: RejectionOrigin): NewRejection {
  return {
    id: newId(),
    municipalityId: origin.municipalityId,
    deviceId: origin.deviceId === null ? null : clean(origin.deviceId, MAX_TEXT),
    source: origin.source,
    index: part.index,
    metric: part.metric === null ? null : clean(part.metric, MAX_TEXT),
    instant: part.instant === null ? null : new Date(part.instant),
    code: part.code,
    reason: clean(part.reason, MAX_REASON),
    // Four bytes a character at most, so this many bytes are always enough.
    excerpt: clean(origin.payload.subarray(0, MAX_EXCERPT * 4).toString('utf8'), MAX_EXCERPT),
    requestId: currentRequestId() ?? null,
    receivedAt: new Date(origin.receivedAt),
  };
}

/** Cuts a text to a number of characters without halving a surrogate pair; PostgreSQL takes no NUL in a text. */
function clean(text: string, length: number): string {
  return text.replaceAll('\0', '\u2400').slice(0, length).toWellFormed();
}
