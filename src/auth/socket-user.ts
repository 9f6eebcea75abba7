import type { AuthenticatedUser } from './authenticated-user.js';

/** The part of a Socket.IO socket that carries who is connected. */
interface SocketLike {
  data: { user?: AuthenticatedUser };
}

/** Remembers on a WebSocket connection who it belongs to; called by the gateway once it has verified the token. */
export function setSocketUser(socket: SocketLike, user: AuthenticatedUser): void {
  socket.data.user = user;
}

/** Who the connection belongs to; undefined before it was authenticated. */
export function socketUser(socket: SocketLike): AuthenticatedUser | undefined {
  return socket.data.user;
}
