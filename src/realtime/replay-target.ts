import type { ReplayTarget } from './live-replay.js';
import type { LiveSession } from './live-session.js';
import { drained, waitingBytes, waitingPackets } from './engine-connection.js';

/** While a client catches up, not much more than this waits for it. */
const MAX_PACKETS = 256;
const MAX_BYTES = 1_000_000;

/** A connected client as somebody who catches up, at the pace at which it takes events. */
export function replayTarget(session: LiveSession): ReplayTarget {
  const { socket } = session;
  return {
    get ended() {
      return session.ended;
    },
    tell: (message) => void socket.emit(message.event, message),
    ready: () => {
      const enough = waitingPackets(socket) >= MAX_PACKETS || waitingBytes(socket) >= MAX_BYTES;
      return enough ? drained(socket) : Promise.resolve();
    },
  };
}
