import { Injectable } from '@nestjs/common';
import { currentRequestId } from '../common/request-context/request-context.js';
import type { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { isRefusalCode, RefusalCounts, type Refusal } from '../devices/signatures/refusal-counts.js';
import type { InboundMessage } from '../mqtt/inbound-message.js';
import { PoisonSink } from '../mqtt/poison-sink.js';
import { newId } from '../common/ids.js';
import type { RejectCode } from './reject-code.js';
import type { PartRejection } from './part-rejection.js';

/** What is known of the message that a rejection belongs to. */
export interface RejectionOrigin {
  readonly deviceId: string | null;
  readonly municipalityId: string | null;
  readonly source: 'mqtt' | 'http';
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly payload: Buffer;
}

/** A rejection and the message that it belongs to. */
export interface NewRejection {
  readonly part: PartRejection;
  readonly origin: RejectionOrigin;
}

const MAX_EXCERPT = 2_000;
const MAX_REASON = 500;
const MAX_TEXT = 128;

/** Rows of one statement: about a megabyte, and far below the limit of placeholders of either database. */
const MAX_ROWS = 500;
const COLUMNS = [
  ...['id', 'municipality_id', 'device_id', 'source', 'set_index', 'metric', 'instant', 'code', 'reason', 'excerpt'],
  ...['request_id', 'received_at'],
];
const ROW = `(${COLUMNS.map(() => '?').join()})`;

/** The list of what was not stored, and why. */
@Injectable()
export class RejectedReadings extends PoisonSink {
  constructor(
    private readonly transactions: Transactions,
    private readonly refusals: RefusalCounts,
  ) {
    super();
  }

  /** Writes rejections in the caller's transaction, and counts those that are about signatures. */
  async add(transaction: Transaction, rejections: readonly NewRejection[]): Promise<void> {
    await this.refusals.add(transaction, refusalsOf(rejections));
    for (let from = 0; from < rejections.length; from += MAX_ROWS) {
      const rows = rejections.slice(from, from + MAX_ROWS);
      await transaction.query(
        `insert into rejected_readings (${COLUMNS.join()}) values ${`${ROW},`.repeat(rows.length).slice(0, -1)}`,
        rows.flatMap((row) => columnsOf(row, transaction.dialect)),
      );
    }
  }

  /** A message that was given a verdict keeps it; any other one could not be handled for the reason of the error. */
  override async setAside(message: InboundMessage, error: unknown): Promise<void> {
    const failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const { code, reason } = message.rejection ?? { code: 'NOT_PROCESSABLE', reason: failure };
    const part = { index: null, metric: null, instant: null, code: code as RejectCode, reason };
    await this.transactions.run(async (transaction) => {
      const municipalityId = await municipalityOf(transaction, message.deviceId);
      await this.add(transaction, [{ part, origin: { ...message, municipalityId, source: 'mqtt' } }]);
    });
  }
}

/** Rejections for their signature of devices that there are. */
function refusalsOf(rejections: readonly NewRejection[]): Refusal[] {
  const refusals: Refusal[] = [];
  for (const { part, origin } of rejections) {
    const { deviceId, municipalityId, receivedAt: at } = origin;
    if (deviceId === null || municipalityId === null || !isRefusalCode(part.code)) continue;
    refusals.push({ deviceId, code: part.code, at });
  }
  return refusals;
}

/** The municipality that the device of a topic belongs to, so that its people see the rejection; null for none of ours. */
async function municipalityOf(transaction: Transaction, deviceId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ municipality_id: string }>(
    `select municipality_id from devices where id = ?`,
    [clean(deviceId, MAX_TEXT)],
  );
  return rows[0]?.municipality_id ?? null;
}

/** Values of a row; texts from outside are cut to what the columns hold and cleared of what databases refuse. */
function columnsOf({ part, origin }: NewRejection, dialect: SqlDialect): unknown[] {
  return [
    newId(),
    origin.municipalityId,
    origin.deviceId === null ? null : clean(origin.deviceId, MAX_TEXT),
    origin.source,
    part.index,
    part.metric === null ? null : clean(part.metric, MAX_TEXT),
    part.instant === null ? null : dialect.instant(part.instant),
    part.code,
    clean(part.reason, MAX_REASON),
    // Four bytes a character at most, so this many bytes are always enough.
    clean(origin.payload.subarray(0, MAX_EXCERPT * 4).toString('utf8'), MAX_EXCERPT),
    currentRequestId() ?? null,
    dialect.instant(origin.receivedAt),
  ];
}

/** Cuts a text to a number of characters without halving a surrogate pair; PostgreSQL takes no NUL in a text. */
function clean(text: string, length: number): string {
  return text.replaceAll('\0', '\u2400').slice(0, length).toWellFormed();
}
