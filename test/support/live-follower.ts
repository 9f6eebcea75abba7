import type { LiveEvent } from '../../src/outbox/live-event.js';
import { liveReadingsOf } from '../../src/outbox/live-readings.js';
import type { LiveClient, Received } from './live-app.js';
import { until } from './live-log.js';

/** What a follower waits for before it disconnects, drawn from a seed so that a failure can be repeated. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** An instance that clients connect to. */
interface Instance {
  connect(token: string): Promise<LiveClient>;
}

/**
 * A client of the control room: keeps what it is told over many connections, each of which goes on with the cursor of
 * the last event. It may be connected to another instance each time.
 */
export class Follower {
  readonly events: Received[] = [];
  private cursor: string | undefined;

  constructor(
    private readonly token: string,
    private readonly topics: string[],
    private readonly municipalityId: string,
  ) {}

  /** Subscribes on the instance and stays until `enough` or the connection is lost. */
  async follow(app: Instance, enough: () => boolean | Promise<boolean>): Promise<void> {
    const client = await app.connect(this.token);
    const seen = this.events.length;
    client.socket.onAny((name: string, payload: Received) => {
      if (name === 'exception') return;
      this.events.push({ ...payload, name });
      this.cursor = payload.cursor;
    });
    const answer = await client.subscribe(this.topics, { municipalityId: this.municipalityId, cursor: this.cursor });
    if (!answer.ok) throw new Error(`refused after ${seen} events: ${JSON.stringify(answer.error)}`);
    this.cursor ??= answer.cursor;
    await until(async () => client.disconnects.length > 0 || (await enough()));
    client.cut();
  }
}

/** An event without what differs from one telling to the other. */
export interface Told {
  event: string;
  data: unknown;
}

/** What the rows of a log are told as, to somebody who has everything but `readings` (the conflated ones). */
export function expectedEvents(rows: readonly LiveEvent[]): Told[] {
  return rows.flatMap((row): Told[] => {
    if (row.type !== 'readings') return [{ event: row.type, data: JSON.parse(row.payload) as unknown }];
    return liveReadingsOf(row.payload).map(([sensorId, , , instant, value]) => ({
      event: 'reading',
      data: { sensorId, instant: new Date(instant).toISOString(), value },
    }));
  });
}

/** The same of what was received. */
export function toldEvents(events: readonly Received[]): Told[] {
  return events.map(({ event, data }) => {
    if (event !== 'reading') return { event, data };
    const { sensorId, instant, value } = data as { sensorId: string; instant: string; value: number };
    return { event, data: { sensorId, instant, value } };
  });
}
