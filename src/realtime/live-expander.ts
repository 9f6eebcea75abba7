import type { LiveEvent, LiveReadingTuple } from '../outbox/live-event.js';
import { liveReadingsOf } from '../outbox/live-readings.js';
import { encodeLiveCursor, type LiveCursor } from './live-cursor.js';
import { liveMessage, type LiveMessage, liveReading } from './live-message.js';
import { comparePlaces, earlierPlace, laterPlace, type Place, placeAfter, placeBefore } from './live-place.js';
import { sensorTopic, type SensorTopic, type Topic, TOPIC_OF_TYPE } from './live-topics.js';
import { ReadingConflator } from './reading-conflator.js';

/** Where messages go to: the rooms of an instance, or one socket that catches up. */
export interface LiveSink {
  /** Whether anybody wants what stands right after the place on this topic. */
  wants(topic: Topic, before: Place): boolean;
  /** Whether anybody wants it on `readings` who does not get it as one of all readings of this sensor. */
  wantsConflated(sensor: SensorTopic, before: Place): boolean;
  /** Tells those who have one of the topics, once each. */
  tell(topics: readonly Topic[], message: LiveMessage): void;
  /** Tells those who have `readings`, but not all readings of this sensor. */
  tellConflated(sensor: SensorTopic, message: LiveMessage): void;
}

/** A reading and its place in the log. */
interface PlacedReading {
  readonly sensorId: string;
  readonly instant: number;
  readonly tuple: LiveReadingTuple;
  readonly row: LiveEvent;
  readonly before: Place;
  readonly after: Place;
}

/**
 * Turns the rows of a municipality's log, in order, into messages with cursors. The same for everybody who is live and
 * for one who catches up; only the sink and the time differ. A row that nobody wants is not even parsed.
 */
export class LiveExpander {
  private readonly conflator = new ReadingConflator<PlacedReading>();
  private place: Place;

  /**
   * @param start nothing before it is delivered
   * @param floor before it, only `readings` is told: cursors do not go back behind it
   */
  constructor(
    private readonly municipalityId: string,
    private readonly sink: LiveSink,
    start: Place,
    private readonly floor: Place = start,
  ) {
    this.place = start;
  }

  /** What somebody who got everything so far has seen. */
  get cursor(): LiveCursor {
    return this.cursorAt(this.place);
  }

  /** When a waiting reading may be due; undefined when none can be. */
  get nextDue(): number | undefined {
    return this.conflator.nextDue;
  }

  /** Tells what the row holds. `now` in milliseconds of any clock that does not go back. */
  deliver(row: LiveEvent, now: number): void {
    this.release(now);
    if (row.type === 'readings') this.deliverReadings(row, now);
    else this.deliverOne(row, TOPIC_OF_TYPE[row.type]);
    this.skipTo(row.position);
  }

  /** Goes on after a position without telling what is before it. */
  skipTo(position: number): void {
    this.place = { row: position, inside: 0 };
  }

  /** Tells the waiting readings whose second is over. */
  release(now: number): void {
    for (const reading of this.conflator.due(now)) this.tellWaiting(reading);
  }

  /** Tells all waiting readings at once. */
  releaseAll(): void {
    for (const reading of this.conflator.drain()) this.tellWaiting(reading);
  }

  /** The reading of the sensor that waits, as a message; for somebody who will not be among those it is told to later. */
  waitingMessage(sensorId: string): LiveMessage | undefined {
    const reading = this.conflator.waitingOf(sensorId);
    return reading && this.waitingMessageOf(reading);
  }

  /** Forgets what waits, when nobody wants it any more. */
  clear(): void {
    this.conflator.clear();
  }

  private deliverOne(row: LiveEvent, topic: Topic): void {
    if (!this.sink.wants(topic, placeBefore(row.position, 0))) return;
    const cursor = this.encode({ row: row.position, inside: 0 });
    const data: unknown = JSON.parse(row.payload);
    this.sink.tell([topic], liveMessage(row, row.type as Exclude<LiveEvent['type'], 'readings'>, cursor, data));
  }

  private deliverReadings(row: LiveEvent, now: number): void {
    const end = { row: row.position, inside: 0 };
    if (!this.wantsAnyOf(end)) return;
    const tuples = liveReadingsOf(row.payload);
    for (let i = 0; i < tuples.length; i++) {
      const tuple = tuples[i]!;
      const before = placeBefore(row.position, i);
      const after = placeAfter(row.position, i, tuples.length);
      this.deliverReading({ sensorId: tuple[0], instant: tuple[3], tuple, row, before, after }, now);
    }
  }

  /** Whether the row can hold anything that is wanted, seen from its end: subscriptions begin within rows too. */
  private wantsAnyOf(end: Place): boolean {
    return this.sink.wants('readings', end) || this.sink.wants(ANY_SENSOR, end);
  }

  private deliverReading(reading: PlacedReading, now: number): void {
    const sensor = sensorTopic(reading.sensorId);
    const all = this.sink.wants(sensor, reading.before);
    const conflated = this.sink.wantsConflated(sensor, reading.before) && this.conflator.offer(reading, now);
    if (!all && !conflated) return;
    const message = liveMessage(reading.row, 'reading', this.encode(reading.after), liveReading(reading.tuple));
    if (all) this.sink.tell(conflated ? [sensor, 'readings'] : [sensor], message);
    else this.sink.tellConflated(sensor, message);
  }

  private tellWaiting(reading: PlacedReading): void {
    this.sink.tellConflated(sensorTopic(reading.sensorId), this.waitingMessageOf(reading));
  }

  private waitingMessageOf(reading: PlacedReading): LiveMessage {
    return liveMessage(reading.row, 'reading', this.encode(this.place, reading.after), liveReading(reading.tuple));
  }

  private encode(place: Place, told?: Place): string {
    return encodeLiveCursor(this.municipalityId, this.cursorAt(place), told);
  }

  private cursorAt(place: Place): LiveCursor {
    const waiting = this.conflator.oldestWaiting?.before ?? null;
    if (comparePlaces(place, this.floor) >= 0) return { place, waiting };
    return { place: laterPlace(place, this.floor), waiting: waiting ? earlierPlace(waiting, place) : place };
  }
}

/** Stands for the topics of all sensors when a sink is asked whether it wants any. */
export const ANY_SENSOR: SensorTopic = 'readings:*';
