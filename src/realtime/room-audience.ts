import { Logger } from '@nestjs/common';
import type { Server } from 'socket.io';
import type { LiveEvent } from '../outbox/live-event.js';
import type { LiveCursor } from './live-cursor.js';
import { ANY_SENSOR, LiveExpander, type LiveSink } from './live-expander.js';
import type { LiveMessage } from './live-message.js';
import { everybodyOf, roomOf, sensorOfTopic, type SensorTopic, type Topic } from './live-topics.js';
import type { SensorRooms } from './sensor-rooms.js';

/** Everybody on this instance who listens to a municipality: tells each event to the rooms of its topics. */
export class RoomAudience implements LiveSink {
  private readonly logger = new Logger(RoomAudience.name);
  private readonly expander: LiveExpander;
  private timer: NodeJS.Timeout | undefined;
  /** @param position everything up to here was told by others, or before anybody listened */
  constructor(
    private readonly municipalityId: string,
    private readonly server: Server,
    private readonly sensorRooms: SensorRooms,
    position: number,
  ) {
    this.expander = new LiveExpander(municipalityId, this, { row: position, inside: 0 });
  }

  /** What somebody who was there all the time has seen by now. */
  get cursor(): LiveCursor {
    return this.expander.cursor;
  }

  /** Tells one row of the log. A row that cannot be read is logged and left out: it must not stop those after it. */
  deliver(row: LiveEvent): void {
    if (!this.has('readings')) this.expander.clear();
    try {
      this.expander.deliver(row, performance.now());
    } catch (error) {
      this.logger.error(
        { err: error },
        `live event ${row.position} of municipality ${this.municipalityId} is not readable`,
      );
      this.expander.skipTo(row.position);
    }
    this.schedule();
  }

  /** The reading of a sensor that waits for its second to be over. */
  waitingMessage(sensorId: string): LiveMessage | undefined {
    return this.expander.waitingMessage(sensorId);
  }

  wants(topic: Topic): boolean {
    const anySensor = sensorOfTopic(topic) === null || this.sensorRooms.any(this.municipalityId);
    return anySensor && (topic === ANY_SENSOR || this.has(topic));
  }

  wantsConflated(): boolean {
    return this.has('readings');
  }

  tell(topics: readonly Topic[], message: LiveMessage): void {
    this.server.to(topics.map((topic) => this.room(topic))).emit(message.event, message);
  }

  tellConflated(sensor: SensorTopic, message: LiveMessage): void {
    this.server.to(this.room('readings')).except(this.room(sensor)).emit(message.event, message);
  }

  /** The log goes on elsewhere: ends the connections of all subscribers, who come back with their cursors. */
  restart(position: number): void {
    this.expander.clear();
    this.expander.skipTo(position);
    const { adapter, sockets } = this.server.of('/');
    for (const id of [...(adapter.rooms.get(everybodyOf(this.municipalityId)) ?? [])]) sockets.get(id)?.conn.close();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    const due = this.expander.nextDue;
    if (due === undefined || this.timer !== undefined) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.expander.release(performance.now());
        this.schedule();
      },
      Math.max(1, Math.ceil(due - performance.now())),
    );
  }

  private has(topic: Topic): boolean {
    return this.server.of('/').adapter.rooms.has(this.room(topic));
  }

  private room(topic: Topic): string {
    return roomOf(this.municipalityId, topic);
  }
}
