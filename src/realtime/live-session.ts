import type { Socket } from 'socket.io';
import type { LiveFeed } from './live-feeds.js';
import { everybodyOf, roomOf, type Topic } from './live-topics.js';
import { TokenBucket } from './token-bucket.js';

/** What a connection listens to in one municipality. */
export interface Subscription {
  readonly live: LiveFeed;
  readonly topics: Set<Topic>;
}

/** Messages a client may send at once, and per second on average. */
const BURST = 60;
const PER_SECOND = 10;

/** One connected client: what it listens to, and its requests in the order in which they came. */
export class LiveSession {
  readonly subscriptions = new Map<string, Subscription>();
  private readonly bucket = new TokenBucket(BURST, PER_SECOND);
  private queue: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(readonly socket: Socket) {}

  /** The client is gone or is being sent away: nothing new is told to it. */
  get ended(): boolean {
    return this.closed || !this.socket.connected;
  }

  /** Number of topics in all municipalities. */
  get topicCount(): number {
    let count = 0;
    for (const { topics } of this.subscriptions.values()) count += topics.size;
    return count;
  }

  /** Counts a message; false when the client sends too many. */
  mayAsk(): boolean {
    return this.bucket.take(performance.now());
  }

  /**
   * Runs work after everything that was asked before it; not at all when the session has ended by then. Resolves when
   * the work has answered: a failure before that is the caller's, one after it goes to `failedLater`.
   */
  inTurn(
    work: (answered: () => void) => Promise<void>,
    failedLater: (error: unknown) => void = () => undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let answered = false;
      const done = (): void => {
        answered = true;
        resolve();
      };
      this.queue = this.queue
        .then(() => (this.ended ? undefined : work(done)))
        .then(done)
        .catch((error: unknown) => (answered ? failedLater(error) : reject(error as Error)));
    });
  }

  /** From now on the client gets what is told on these topics. Takes effect at once. */
  join({ live }: Subscription, topics: Iterable<Topic>): void {
    const rooms = [everybodyOf(live.municipalityId)];
    for (const topic of topics) rooms.push(roomOf(live.municipalityId, topic));
    void this.socket.join(rooms);
  }

  /** The opposite of {@link join}. */
  leave({ live }: Subscription, topics: Iterable<Topic>): void {
    for (const topic of topics) void this.socket.leave(roomOf(live.municipalityId, topic));
  }

  /** Leaves all rooms of a municipality. */
  leaveAll(subscription: Subscription): void {
    this.leave(subscription, subscription.topics);
    void this.socket.leave(everybodyOf(subscription.live.municipalityId));
  }

  /** Leaves everything; the caller releases the feeds of the subscriptions that are returned. */
  end(): Subscription[] {
    this.closed = true;
    const subscriptions = [...this.subscriptions.values()];
    this.subscriptions.clear();
    for (const subscription of subscriptions) this.leaveAll(subscription);
    return subscriptions;
  }
}
