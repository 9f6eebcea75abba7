import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../../config/app-config.js';
import { Transactions } from '../../../database/transaction.js';
import type { JudgedDevice } from '../device-facts.js';
import type { Case } from '../life-case.js';
import { ListenedTime, type Span } from './listened-time.js';
import type { Door } from './listening-span.entity.js';

/** What is heard is stored a moment later: silence is judged as of so long ago (ms). */
const SETTLE_MS = 2_000;
/** Three of the longest heartbeat intervals, a week, and some: nobody's silence is older before it is judged. */
const LOOK_BACK_MS = 25 * 24 * 3_600_000;
const MAX_SPANS = 5_000;

const NEVER = new ListenedTime([]);

/** When somebody listened to devices, by the door through which they speak; as of the last look at the database. */
@Injectable()
export class Listening {
  private times: Partial<Readonly<Record<Door, ListenedTime>>> = {};

  constructor(
    private readonly transactions: Transactions,
    private readonly config: AppConfig,
  ) {}

  /** Looks at what all processes said. @param now epoch milliseconds */
  async refresh(now: number): Promise<void> {
    const { dialect } = this.transactions;
    const { rows } = await this.transactions.query<{
      door: Door;
      heard_since: string | Date;
      heard_until: string | Date;
    }>(
      `select door, heard_since, heard_until from listening_spans where heard_until > ?
       order by heard_until desc limit ${MAX_SPANS}`,
      [dialect.instant(now - LOOK_BACK_MS)],
    );
    const spans: Record<Door, Span[]> = { mqtt: [], http: [] };
    for (const { door, heard_since, heard_until } of rows) {
      const [since, until] = [dialect.epochMs(heard_since), dialect.epochMs(heard_until) - SETTLE_MS];
      if (until > since) spans[door].push({ since, until });
    }
    this.times = { mqtt: new ListenedTime(spans.mqtt), http: new ListenedTime(spans.http) };
  }

  /** When somebody listened at a door. */
  at(door: Door): ListenedTime {
    return this.times[door] ?? NEVER;
  }

  /** What a device is judged by, but for its signs of life. */
  caseOf(device: JudgedDevice): Omit<Case, 'presence'> {
    return { facts: device, listened: this.at(device.door), graceMs: this.config.heartbeat.graceSeconds * 1000 };
  }
}
