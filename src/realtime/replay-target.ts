import type { ReplayTarget } from './live-replay.js';
import type { LiveSession } from './live-session.js';
import { drained, waitingPackets } from './outgoing-buffer.js';

/** While a client catches up, so many events may wait for it. */
const MAX_PACKETS = 256;

/** A connected client as somebody who catches up, at the pace at which it takes events. */
export function replayTarget(session: LiveSession): ReplayTarget {
  const { socket } = session;
  return {
    get ended() {
      return session.ended;
    },
    tell: (message) => void socket.emit(message.event, message),
    ready: () => (waitingPackets(socket) < MAX_PACKETS ? Promise.resolve() : drained(socket)),
  };
}
