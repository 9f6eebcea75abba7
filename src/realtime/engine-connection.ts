import type { Socket } from 'socket.io';

/** What is below a Socket.IO socket, as far as its types do not say; pinned by our tests. */
interface Connection {
  /** What the client did not take yet. */
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly readyState: string;
  /** `socket` only where the transport is a WebSocket. */
  readonly transport: { readonly socket?: { readonly readyState: number; terminate(): void } };
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

const WEBSOCKET_CLOSED = 3;

/** Number of packets that wait for a client. */
export function waitingPackets(socket: Socket): number {
  return connectionOf(socket).writeBuffer.length;
}

/** About the number of bytes that wait for a client; walks over all packets. */
export function waitingBytes(socket: Socket): number {
  let bytes = 0;
  for (const { data } of connectionOf(socket).writeBuffer) bytes += typeof data === 'string' ? data.length : 0;
  return bytes;
}

/** Resolves when nothing waits any more: at most what was just handed to the network is on its way. Or when it closed. */
export function drained(socket: Socket): Promise<void> {
  const connection = connectionOf(socket);
  if (connection.writeBuffer.length === 0 || connection.readyState === 'closed') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      connection.off('drain', done);
      connection.off('close', done);
      resolve();
    };
    connection.once('drain', done);
    connection.once('close', done);
  });
}

/** Whether the network connection is gone too; a client that takes nothing can hold it open for long. */
export function isGone(socket: Socket): boolean {
  const { readyState, transport } = connectionOf(socket);
  return transport.socket ? transport.socket.readyState === WEBSOCKET_CLOSED : readyState === 'closed';
}

/** Ends the network connection at once; what the client did not take is dropped. */
export function terminate(socket: Socket): void {
  const { transport } = connectionOf(socket);
  socket.conn.close(true);
  transport.socket?.terminate();
}

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}
