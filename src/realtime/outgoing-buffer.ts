import type { Socket } from 'socket.io';

/** What Engine.IO holds for a client that did not take it yet; not in its types, so pinned by our tests. */
interface Connection {
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly readyState: string;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

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

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}
