import { Injectable, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainError } from '../common/errors/domain.error.js';
import { wsFailureOf } from '../common/errors/ws-exception.filter.js';
import { SlowClientError } from './live.errors.js';
import { LiveSession } from './live-session.js';
import { LiveSubscriptions } from './live-subscriptions.js';
import { drained, isGone, terminate, waitingBytes, waitingPackets } from './engine-connection.js';

/** What may wait for one client. Beyond it the client gets what waits, is told why, and has to connect again. */
const MAX_PACKETS = 10_000;
const MAX_BYTES = 4_000_000;
/** Fewer packets than this are not worth counting their bytes. */
const SMALL_NUMBER_OF_PACKETS = 100;
const CHECK_MS = 250;
const LAST_WORDS_MS = 5_000;
/** At shutdown, clients have this long to close their side. */
const FAREWELL_MS = 1_000;
const POLL_MS = 20;

/** The clients that are connected to this instance. A slow one is sent away before it costs the others anything. */
@Injectable()
export class LiveConnections {
  private readonly logger = new Logger(LiveConnections.name);
  private readonly sessions = new Map<string, LiveSession>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly subscriptions: LiveSubscriptions) {}

  /** Takes in a client that was let in. */
  add(socket: Socket): LiveSession {
    const session = new LiveSession(socket);
    this.sessions.set(socket.id, session);
    this.timer ??= setInterval(() => this.checkBuffers(), CHECK_MS).unref();
    return session;
  }

  /** The client is gone. */
  remove(socket: Socket): void {
    const session = this.sessions.get(socket.id);
    if (!session) return;
    this.sessions.delete(socket.id);
    this.subscriptions.end(session);
  }

  /** @throws Error for a client that was never taken in */
  of(socket: Socket): LiveSession {
    const session = this.sessions.get(socket.id);
    if (!session) throw new Error('the socket is not connected');
    return session;
  }

  all(): LiveSession[] {
    return [...this.sessions.values()];
  }

  /** Tells the client why it has to go, and ends the connection when it has taken what waits for it. */
  async sendAway(session: LiveSession, reason: DomainError): Promise<void> {
    const { socket } = session;
    this.subscriptions.end(session);
    await Promise.race([drained(socket), sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    socket.emit('exception', wsFailureOf(reason));
    // A client that takes nothing at all does not get its last words: they would wait for ever.
    if (waitingPackets(socket) > 1) terminate(socket);
    else socket.conn.close();
  }

  /** Ends all connections; clients connect again, to another instance or a later process. */
  async closeAll(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    const sockets = this.all().map(({ socket }) => socket);
    for (const session of this.all()) {
      this.subscriptions.end(session);
      session.socket.conn.close();
    }
    for (let waited = 0; waited < FAREWELL_MS && !sockets.every(isGone); waited += POLL_MS) await sleep(POLL_MS);
    for (const socket of sockets) if (!isGone(socket)) terminate(socket);
  }

  private checkBuffers(): void {
    for (const session of this.sessions.values()) {
      if (session.ended || !isTooSlow(session.socket)) continue;
      this.logger.warn(`a live client takes too long (${waitingPackets(session.socket)} events wait) and is sent away`);
      void this.sendAway(session, new SlowClientError());
    }
  }
}

function isTooSlow(socket: Socket): boolean {
  const packets = waitingPackets(socket);
  return packets > MAX_PACKETS || (packets > SMALL_NUMBER_OF_PACKETS && waitingBytes(socket) > MAX_BYTES);
}
