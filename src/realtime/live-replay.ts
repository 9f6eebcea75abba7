import type { LiveEvent } from '../outbox/live-event.js';
import type { LiveLog } from '../outbox/live-log.js';
import { LIVE_LOG_AGE_MS } from '../outbox/live-log-age.js';
import type { LiveCursor } from './live-cursor.js';
import { CursorExpiredError } from './live.errors.js';
import { ANY_SENSOR, LiveExpander, type LiveSink } from './live-expander.js';
import type { LiveMessage } from './live-message.js';
import { comparePlaces, earlierPlace, type Place } from './live-place.js';
import { sensorOfTopic, type SensorTopic, type Topic } from './live-topics.js';
import type { MunicipalityFeed } from './municipality-feed.js';

/** The one client that catches up. */
export interface ReplayTarget {
  readonly ended: boolean;
  tell(message: LiveMessage): void;
  /** Resolves when the client has taken enough for more to be told, or is gone. */
  ready(): Promise<void>;
}

/** Where the events come from, and how far those who are live have got. */
export interface ReplaySource {
  readonly municipalityId: string;
  readonly feed: Pick<MunicipalityFeed, 'lastPosition' | 'reach'>;
}

const READ_ROWS = 32;

/**
 * Tells one client what it missed, at the pace at which it takes it, until it has reached the feed. Uses the time at
 * which the rows were stored, so that `readings` comes out as it would have live: one a second and sensor.
 */
export class Replay implements LiveSink {
  private readonly starts = new Map<Topic, Place>();
  private position: number;
  private chunk: LiveEvent[] | undefined;

  constructor(
    private readonly live: ReplaySource,
    private readonly log: Pick<LiveLog, 'read' | 'lastPositions'>,
    private readonly target: ReplayTarget,
    private readonly cursor: LiveCursor,
    topics: readonly Topic[],
  ) {
    this.position = cursor.place.row;
    for (const topic of topics) this.include(topic, cursor);
  }

  /** Tells one more topic, from what a cursor says about it. */
  include(topic: Topic, { place, waiting }: LiveCursor): void {
    const start = topic === 'readings' && waiting ? waiting : place;
    this.starts.set(topic, start);
    if (start.row < this.position) {
      this.position = start.row;
      this.chunk = undefined;
    }
  }

  /**
   * Makes sure that everything since the cursor is there, before anything is told.
   * @throws CursorExpiredError; what reading throws
   */
  async open(now: number): Promise<void> {
    const { feed, municipalityId } = this.live;
    const { row, inside } = this.cursor.place;
    const needed = inside > 0 ? row + 1 : row;
    if (needed > feed.lastPosition) {
      const committed = (await this.log.lastPositions([municipalityId])).get(municipalityId) ?? 0;
      if (needed > committed) throw new CursorExpiredError();
      await feed.reach(committed);
    }
    if (this.position >= feed.lastPosition) return;
    this.chunk = await this.readNext();
    if (this.chunk[0]!.occurredAt < now - LIVE_LOG_AGE_MS) throw new CursorExpiredError();
  }

  /**
   * Tells everything up to the feed's position; `join` is called at the very moment when it is reached, and not when
   * the client is gone. @throws CursorExpiredError; what reading throws
   */
  async run(join: () => void): Promise<void> {
    const start = [...this.starts.values()].reduce(earlierPlace, this.cursor.place);
    const expander = new LiveExpander(this.live.municipalityId, this, start, this.cursor.place);
    let time = 0;
    while (!this.target.ended) {
      if (this.position >= this.live.feed.lastPosition) {
        expander.releaseAll();
        return join();
      }
      const rows = this.chunk ?? (await this.readNext());
      this.chunk = undefined;
      for (const row of rows) {
        if (row.position > this.live.feed.lastPosition || this.target.ended) break;
        time = Math.max(time, row.occurredAt);
        expander.deliver(row, time);
        this.position = row.position;
        await this.target.ready();
      }
    }
  }

  wants(topic: Topic, before: Place): boolean {
    if (topic !== ANY_SENSOR) return this.reached(this.starts.get(topic), before);
    for (const [known, start] of this.starts) {
      if (sensorOfTopic(known) !== null && this.reached(start, before)) return true;
    }
    return false;
  }

  /** What `readings` waited with was told already to somebody who has all readings of the sensor. */
  wantsConflated(sensor: SensorTopic, before: Place): boolean {
    return this.wants('readings', before) && !this.starts.has(sensor);
  }

  tell(_topics: readonly Topic[], message: LiveMessage): void {
    this.target.tell(message);
  }

  tellConflated(_sensor: SensorTopic, message: LiveMessage): void {
    this.target.tell(message);
  }

  private reached(start: Place | undefined, before: Place): boolean {
    return start !== undefined && comparePlaces(before, start) >= 0;
  }

  private async readNext(): Promise<LiveEvent[]> {
    const rows = await this.log.read(this.live.municipalityId, this.position, READ_ROWS);
    if (rows[0]?.position !== this.position + 1) throw new CursorExpiredError();
    return rows;
  }
}
