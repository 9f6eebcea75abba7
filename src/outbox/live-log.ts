import { Injectable, Logger } from '@nestjs/common';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { placeholders } from '../database/sql.js';
import { Transactions } from '../database/transaction.js';
import { RedisStreams } from '../redis/redis-streams.js';
import type { LiveEvent, LiveEventType } from './live-event.js';
import { liveEventOf, liveStream } from './live-stream.js';

interface Row {
  position: number | string;
  type: LiveEventType;
  payload: string;
  request_id: string | null;
  occurred_at: string | Date;
}

/** The live log of every municipality: Redis is asked first, the table knows everything of the last day. */
@Injectable()
export class LiveLog {
  private readonly logger = new Logger(LiveLog.name);

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly streams: RedisStreams,
  ) {}

  /**
   * Events after a position, in order and without a hole between them, at most `limit`. The first one is the next one
   * unless that is no longer kept; fewer than there are may come.
   * @throws when the database is away and Redis does not have them
   */
  async read(municipalityId: string, after: number, limit: number): Promise<LiveEvent[]> {
    const streamed = await this.readStream(municipalityId, after, limit);
    return streamed.length > 0 ? streamed : this.readTable(municipalityId, after, limit);
  }

  /** Position of the newest committed event per municipality; 0 for one that never had any. */
  async lastPositions(municipalityIds: readonly string[]): Promise<Map<string, number>> {
    const positions = new Map(municipalityIds.map((id) => [id, 0]));
    if (positions.size === 0) return positions;
    const { rows } = await this.transactions.query<{ municipality_id: string; position: number | string }>(
      `select municipality_id, position from live_positions where municipality_id in ${placeholders(positions.size)}`,
      [...positions.keys()],
    );
    for (const row of rows) positions.set(row.municipality_id, Number(row.position));
    return positions;
  }

  /**
   * Position of the newest committed event of a municipality. A stream that is ahead of the table belongs to a database
   * that has been replaced since (restored from a backup), and is removed.
   */
  async open(municipalityId: string): Promise<number> {
    // In this order: an event is committed before it is published, so the table cannot be behind.
    const published = await this.lastStreamed(municipalityId);
    const committed = (await this.lastPositions([municipalityId])).get(municipalityId) ?? 0;
    if (published > committed) await this.forgetStream(municipalityId);
    return committed;
  }

  /** Removes the stream of a municipality, whose entries are not those of the table. */
  async forgetStream(municipalityId: string): Promise<void> {
    this.logger.warn(`the stream of municipality ${municipalityId} is ahead of the database and is removed`);
    await this.streams.remove(liveStream(municipalityId)).catch((error: unknown) => {
      this.logger.warn(`the stream of municipality ${municipalityId} could not be removed: ${String(error)}`);
    });
  }

  private async lastStreamed(municipalityId: string): Promise<number> {
    if (!this.streams.available) return 0;
    try {
      return (await this.streams.lastPosition(liveStream(municipalityId))) ?? 0;
    } catch (error) {
      this.logger.debug(`Redis could not be asked: ${String(error)}`);
      return 0;
    }
  }

  /** What the stream has without a hole; empty when it does not have the very next one. */
  private async readStream(municipalityId: string, after: number, limit: number): Promise<LiveEvent[]> {
    if (!this.streams.available) return [];
    try {
      const entries = await this.streams.after(liveStream(municipalityId), after, limit);
      const hole = entries.findIndex((entry, i) => entry.position !== after + 1 + i);
      const whole = hole < 0 ? entries : entries.slice(0, hole);
      return whole.map((entry) => liveEventOf(municipalityId, entry));
    } catch (error) {
      this.logger.debug(`the table is read because Redis could not be asked: ${String(error)}`);
      return [];
    }
  }

  private async readTable(municipalityId: string, after: number, limit: number): Promise<LiveEvent[]> {
    const { rows } = await this.transactions.query<Row>(
      `select position, type, payload, request_id, occurred_at from outbox_events
       where municipality_id = ? and position > ? order by position limit ${Math.trunc(limit)}`,
      [municipalityId, after],
    );
    return rows.map((row) => ({
      municipalityId,
      position: Number(row.position),
      type: row.type,
      payload: row.payload,
      requestId: row.request_id,
      occurredAt: this.dialect.epochMs(row.occurred_at),
    }));
  }
}
