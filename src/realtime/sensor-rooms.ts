import type { Server } from 'socket.io';

/** Matches the room of a sensor's readings, see `roomOf`. */
const SENSOR_ROOM = /^([^/]+)\/readings:/;

/** Counts, per municipality, the sensors that somebody on this instance wants all readings of. */
export class SensorRooms {
  private readonly counts = new Map<string, number>();

  constructor(server: Server) {
    const { adapter } = server.of('/');
    adapter.on('create-room', (room: string) => this.add(room, 1));
    adapter.on('delete-room', (room: string) => this.add(room, -1));
  }

  /** Whether there is one in the municipality. */
  any(municipalityId: string): boolean {
    return this.counts.has(municipalityId);
  }

  private add(room: string, change: number): void {
    const municipalityId = SENSOR_ROOM.exec(room)?.[1];
    if (municipalityId === undefined) return;
    const count = (this.counts.get(municipalityId) ?? 0) + change;
    if (count > 0) this.counts.set(municipalityId, count);
    else this.counts.delete(municipalityId);
  }
}
