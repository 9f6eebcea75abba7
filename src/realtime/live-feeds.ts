import { Injectable, Logger } from '@nestjs/common';
import type { Server } from 'socket.io';
import { LiveLog } from '../outbox/live-log.js';
import { MunicipalityFeed } from './municipality-feed.js';
import { RoomAudience } from './room-audience.js';
import { SensorRooms } from './sensor-rooms.js';

/** The feed of a municipality and those whom it is told to. */
export interface LiveFeed {
  readonly municipalityId: string;
  readonly feed: MunicipalityFeed;
  readonly audience: RoomAudience;
}

interface Entry {
  readonly opening: Promise<LiveFeed>;
  opened?: LiveFeed;
  subscribers: number;
  closing?: NodeJS.Timeout;
}

/** A feed that nobody listens to stays open this long, for those who come back. */
const LINGER_MS = 10_000;

/** The feeds of the municipalities that somebody on this instance listens to. */
@Injectable()
export class LiveFeeds {
  private readonly logger = new Logger(LiveFeeds.name);
  private readonly entries = new Map<string, Entry>();
  private readonly listeners: (() => void)[] = [];
  private place: { server: Server; sensorRooms: SensorRooms } | undefined;

  constructor(private readonly log: LiveLog) {}

  /** Tells where the rooms are; called once, before anybody subscribes. */
  attach(server: Server): void {
    this.place = { server, sensorRooms: new SensorRooms(server) };
  }

  /** Registers what to do when the set of feeds changed, or one has to be read from another position. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The feeds that are open. */
  active(): LiveFeed[] {
    return [...this.entries.values()].flatMap(({ opened }) => opened ?? []);
  }

  get(municipalityId: string): LiveFeed | undefined {
    return this.entries.get(municipalityId)?.opened;
  }

  /** The feed of a municipality for one more subscriber, who has to {@link release} it. @throws when the database is away */
  async acquire(municipalityId: string): Promise<LiveFeed> {
    const entry = this.entries.get(municipalityId) ?? this.start(municipalityId);
    clearTimeout(entry.closing);
    entry.subscribers++;
    try {
      return await entry.opening;
    } catch (error) {
      if (this.entries.get(municipalityId) === entry) this.entries.delete(municipalityId);
      throw error;
    }
  }

  /** One subscriber less. */
  release(municipalityId: string): void {
    const entry = this.entries.get(municipalityId);
    if (!entry || --entry.subscribers > 0) return;
    entry.closing = setTimeout(() => this.close(municipalityId, entry), LINGER_MS);
    entry.closing.unref();
  }

  /** The database has been replaced by an older one: goes on from its end. */
  async rewind({ municipalityId, feed }: LiveFeed, position: number): Promise<void> {
    await this.log.forgetStream(municipalityId);
    feed.rewind(position);
    this.changed();
  }

  closeAll(): void {
    for (const [municipalityId, entry] of this.entries) this.close(municipalityId, entry);
  }

  private start(municipalityId: string): Entry {
    const opening = this.open(municipalityId).then((opened) => {
      entry.opened = opened;
      this.changed();
      return opened;
    });
    const entry: Entry = { opening, subscribers: 0 };
    this.entries.set(municipalityId, entry);
    return entry;
  }

  private async open(municipalityId: string): Promise<LiveFeed> {
    const { server, sensorRooms } = this.place!;
    const position = await this.log.open(municipalityId);
    const audience = new RoomAudience(municipalityId, server, sensorRooms, position);
    const feed = new MunicipalityFeed(
      municipalityId,
      position,
      (after, limit) => this.log.read(municipalityId, after, limit),
      {
        deliver: (row) => audience.deliver(row),
        broken: (reason, goOnAfter) => this.broken(municipalityId, audience, reason, goOnAfter),
        readFailed: (error) => this.logger.warn(`live log of ${municipalityId} cannot be read: ${String(error)}`),
      },
    );
    return { municipalityId, feed, audience };
  }

  private broken(municipalityId: string, audience: RoomAudience, reason: string, goOnAfter: number): void {
    this.logger.error(`live log of ${municipalityId}: ${reason}; its subscribers are disconnected`);
    audience.restart(goOnAfter);
  }

  private close(municipalityId: string, entry: Entry): void {
    clearTimeout(entry.closing);
    this.entries.delete(municipalityId);
    entry.opened?.feed.close();
    entry.opened?.audience.close();
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
