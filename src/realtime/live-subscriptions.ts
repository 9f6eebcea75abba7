import { Injectable, Logger } from '@nestjs/common';
import type { AuthenticatedUser } from '../auth/authenticated-user.js';
import { socketUser } from '../auth/socket-user.js';
import { Clock } from '../common/clock.js';
import { ErrorTranslation } from '../common/errors/error-translation.js';
import { wsFailureOf } from '../common/errors/ws-exception.filter.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { LiveLog } from '../outbox/live-log.js';
import { LiveAccess } from './live-access.js';
import { decodeLiveCursor, encodeLiveCursor, type LiveCursor } from './live-cursor.js';
import { TooManyTopicsError } from './live.errors.js';
import { LiveFeeds } from './live-feeds.js';
import { Replay } from './live-replay.js';
import { MAX_TOPICS, type Subscribe, type SubscriptionAnswer, type Unsubscribe } from './live.schemas.js';
import type { LiveSession, Subscription } from './live-session.js';
import { sensorOfTopic, type Topic } from './live-topics.js';
import { replayTarget } from './replay-target.js';

/** Receives the answer, at the moment from which on it holds. */
export type Answer = (answer: SubscriptionAnswer) => void;

/** Starts and ends what connections listen to. */
@Injectable()
export class LiveSubscriptions {
  private readonly logger = new Logger(LiveSubscriptions.name);

  constructor(
    private readonly feeds: LiveFeeds,
    private readonly log: LiveLog,
    private readonly clock: Clock,
    private readonly translation: ErrorTranslation,
    private readonly access: LiveAccess,
  ) {}

  /**
   * Adds topics. Without a cursor they are told from now on; with one, everything after it is told first.
   * Resolves when the answer was given; what is told afterwards goes on by itself.
   * @throws what {@link LiveAccess} refuses with; BadRequestError `CURSOR_INVALID`, `TOO_MANY_TOPICS`; CursorExpiredError
   */
  async subscribe(session: LiveSession, message: Subscribe, answer: Answer): Promise<void> {
    await session.inTurn(
      async (answered) => {
        const municipalityId = await this.access.municipalityOf(userOf(session), message.municipalityId);
        await this.access.requireTopics(userOf(session), municipalityId, message.topics);
        const cursor = message.cursor === undefined ? undefined : decodeLiveCursor(message.cursor, municipalityId);
        const subscription = await this.subscriptionOf(session, municipalityId, message.topics);
        if (!subscription) return;
        const answerNow: Answer = (given) => {
          answer(given);
          answered();
        };
        try {
          if (cursor) await this.goOn(session, subscription, message.topics, cursor, answerNow);
          else answerNow(this.startNow(session, subscription, message.topics));
        } finally {
          this.dropWhenEmpty(session, subscription);
        }
      },
      (error) => this.breakOff(session, error),
    );
  }

  /** Ends topics; those that were not subscribed to are ignored. Resolves when the answer was given. */
  async unsubscribe(session: LiveSession, message: Unsubscribe, answer: Answer): Promise<void> {
    await session.inTurn(async () => {
      const municipalityId = await this.access.municipalityOf(userOf(session), message.municipalityId);
      const subscription = session.subscriptions.get(municipalityId);
      if (!subscription) {
        const row = (await this.log.lastPositions([municipalityId])).get(municipalityId) ?? 0;
        const cursor = encodeLiveCursor(municipalityId, { place: { row, inside: 0 }, waiting: null });
        return answer({ ok: true, topics: [], cursor });
      }
      for (const topic of message.topics) subscription.topics.delete(topic);
      session.leave(subscription, message.topics);
      answer(this.answerOf(subscription));
      this.dropWhenEmpty(session, subscription);
    });
  }

  /** Ends everything; called when the client is gone or is to be told nothing more. */
  end(session: LiveSession): void {
    for (const { live } of session.end()) this.feeds.release(live.municipalityId);
  }

  /** The session's subscription in the municipality, made where there is none; undefined when the session ended meanwhile. */
  private async subscriptionOf(
    session: LiveSession,
    municipalityId: string,
    topics: readonly Topic[],
  ): Promise<Subscription | undefined> {
    const known = session.subscriptions.get(municipalityId);
    const added = topics.filter((topic) => !known?.topics.has(topic)).length;
    if (session.topicCount + added > MAX_TOPICS) throw new TooManyTopicsError(MAX_TOPICS);
    if (known) return known;
    const subscription = { live: await this.feeds.acquire(municipalityId), topics: new Set<Topic>() };
    if (session.ended) {
      this.feeds.release(municipalityId);
      return undefined;
    }
    session.subscriptions.set(municipalityId, subscription);
    return subscription;
  }

  private startNow(session: LiveSession, subscription: Subscription, topics: readonly Topic[]): SubscriptionAnswer {
    const { live } = subscription;
    if (subscription.topics.has('readings')) {
      // A reading that waits on `readings` will not be told to those who have all readings of its sensor.
      for (const topic of topics) {
        const sensorId = subscription.topics.has(topic) ? null : sensorOfTopic(topic);
        const message = sensorId === null ? undefined : live.audience.waitingMessage(sensorId);
        if (message) session.socket.emit(message.event, message);
      }
    }
    for (const topic of topics) subscription.topics.add(topic);
    session.join(subscription, topics);
    return this.answerOf(subscription);
  }

  /** Tells what came after the cursor, and joins. Topics that were live before pause meanwhile, so that all stay in order. */
  private async goOn(
    session: LiveSession,
    subscription: Subscription,
    topics: readonly Topic[],
    cursor: LiveCursor,
    answer: Answer,
  ): Promise<void> {
    const { live } = subscription;
    const replay = new Replay(live, this.log, replayTarget(session), cursor, topics);
    await replay.open(this.clock.nowMs());
    if (session.ended) return;
    const paused = [...subscription.topics].filter((topic) => !topics.includes(topic));
    session.leave(subscription, subscription.topics);
    for (const topic of paused) replay.include(topic, live.audience.cursor);
    for (const topic of topics) subscription.topics.add(topic);
    session.join(subscription, []);
    answer({ ...this.answerOf(subscription), cursor: encodeLiveCursor(live.municipalityId, cursor) });
    await replay.run(() => session.join(subscription, subscription.topics));
  }

  private answerOf({ live, topics }: Subscription): SubscriptionAnswer {
    const cursor = encodeLiveCursor(live.municipalityId, live.audience.cursor);
    return { ok: true, topics: [...topics].sort(), cursor };
  }

  private dropWhenEmpty(session: LiveSession, subscription: Subscription): void {
    const { municipalityId } = subscription.live;
    if (subscription.topics.size > 0 || session.subscriptions.get(municipalityId) !== subscription) return;
    session.leaveAll(subscription);
    session.subscriptions.delete(municipalityId);
    this.feeds.release(municipalityId);
  }

  /** Catching up failed half way: the client connects again and goes on with the last cursor it saw. */
  private breakOff(session: LiveSession, cause: unknown): void {
    const error = this.translation.translate(cause);
    this.logger.warn({ err: cause }, `a live client could not catch up: ${error.code}`);
    this.end(session);
    session.socket.emit('exception', wsFailureOf(error));
    session.socket.conn.close();
  }
}

function userOf(session: LiveSession): AuthenticatedUser {
  const user = socketUser(session.socket);
  if (!user) throw new UnauthenticatedError();
  return user;
}
